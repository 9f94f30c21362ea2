import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { parentPathCandidates } from '../../../src/main/disk/parent-paths.ts';

describe.skipIf(process.platform === 'win32')('where a parent may lie on a system other than Windows', () => {
  const child = join('/vms', 'web', 'child.avhdx');
  it.each([
    ['.\\base.vhdx', ['/vms/web/base.vhdx']],
    ['..\\library\\base.vhdx', ['/vms/library/base.vhdx', '/vms/web/base.vhdx']],
    ['C:\\Hyper-V\\base.vhdx', ['/vms/web/base.vhdx']],
    ['\\\\server\\share\\base.vhdx', ['/vms/web/base.vhdx']],
    ['\\\\?\\Volume{1c0b3f2a}\\base.vhdx', ['/vms/web/base.vhdx']],
    ['/srv/base.vhdx', ['/srv/base.vhdx', '/vms/web/base.vhdx']],
    ['base.vhdx', ['/vms/web/base.vhdx']],
  ])('%s', (stored, expected) => {
    expect(parentPathCandidates(child, [stored])).toEqual(expected);
  });

  it('tries what is stored before it guesses, and nothing twice', () => {
    expect(parentPathCandidates(child, ['C:\\a\\base.vhdx', '..\\b\\base.vhdx', '.\\base.vhdx'])).toEqual([
      '/vms/b/base.vhdx',
      '/vms/web/base.vhdx',
    ]);
  });

  it('does not guess that a child with its parent’s name is its own parent', () => {
    expect(parentPathCandidates('/vms/web/base.vhdx', ['..\\library\\base.vhdx'])).toEqual([
      '/vms/library/base.vhdx',
    ]);
  });
});
