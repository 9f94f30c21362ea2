import { existsSync, statSync, writeFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { createDirectory } from '../../../src/main/platform/create-directory.ts';
import { temporaryFolder } from '../../support/temporary-folder.ts';

const inFolder = temporaryFolder();

describe('creating a directory', () => {
  it('creates what is missing above it too, and says whether it is new', () => {
    expect(createDirectory(inFolder('a', 'b', 'c'))).toBe(true);
    expect(statSync(inFolder('a', 'b', 'c')).isDirectory()).toBe(true);
    expect(createDirectory(inFolder('a', 'b', 'c'))).toBe(false);
  });

  it('fails where a file has the name', () => {
    writeFileSync(inFolder('file'), 'x');
    expect(() => createDirectory(inFolder('file'))).toThrow(expect.objectContaining({ code: 'ENOTDIR' }));
  });

  it.skipIf(!existsSync('/proc/self'))('ends with an error where the system lets nobody create one', () => {
    expect(() => createDirectory('/proc/no-such-directory/vault')).toThrow(/ENOENT|EACCES|EPERM/);
  });
});
