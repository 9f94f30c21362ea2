import { resolve } from 'node:path';
import { describe, expect, it } from 'vitest';
import { dataDirectory } from '../../../src/main/platform/data-directory.ts';

const of = (platform: NodeJS.Platform, home: string, env: Record<string, string> = {}, option?: string) =>
  dataDirectory({ platform, home, env, option });

describe('the data directory', () => {
  it('is the one of the option, then of HVRC_DATA', () => {
    const env = { HVRC_DATA: 'from-environment' };
    expect(of('linux', '/home/eve', env, 'given')).toBe(resolve('given'));
    expect(of('linux', '/home/eve', env)).toBe(resolve('from-environment'));
  });

  it('is the local application data of a Windows user', () => {
    expect(of('win32', 'C:\\Users\\eve', { LOCALAPPDATA: 'D:\\Local', PROGRAMDATA: 'C:\\ProgramData' })).toBe(
      'D:\\Local\\Hyper-V Replica Console',
    );
    expect(of('win32', 'C:\\Users\\eve', { PROGRAMDATA: 'C:\\ProgramData' })).toBe(
      'C:\\ProgramData\\Hyper-V Replica Console',
    );
  });

  it('is in the state directory on Linux, relative ones ignored', () => {
    expect(of('linux', '/home/eve')).toBe('/home/eve/.local/state/hyperv-replica-console');
    expect(of('linux', '/home/eve', { XDG_STATE_HOME: '/state' })).toBe('/state/hyperv-replica-console');
    expect(of('linux', '/home/eve', { XDG_STATE_HOME: 'state' })).toBe(
      '/home/eve/.local/state/hyperv-replica-console',
    );
  });

  it('is in the Library on macOS', () => {
    expect(of('darwin', '/Users/eve')).toBe('/Users/eve/Library/Application Support/Hyper-V Replica Console');
  });
});
