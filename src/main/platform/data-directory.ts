import { homedir } from 'node:os';
import { posix, resolve, win32 } from 'node:path';
import { ReplicationError } from '../../contract/errors.ts';
import { createDirectory } from './create-directory.ts';

export interface DataDirectoryInputs {
  /** What `--data` said. */
  readonly option?: string | undefined;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly platform?: NodeJS.Platform;
  readonly home?: string;
}

/**
 * Where one engine keeps its database, log and socket: `--data`, else `HVRC_DATA`, else the system's place for a user's
 * machine-bound state. On Windows that is `%LOCALAPPDATA%`, which other users cannot read as they could `%PROGRAMDATA%`;
 * a service account has both.
 */
export const dataDirectory = ({
  option,
  env,
  platform = process.platform,
  home = homedir(),
}: DataDirectoryInputs): string => {
  const named = option ?? env.HVRC_DATA;
  if (named !== undefined && named !== '') return resolve(named);
  if (platform === 'win32') {
    const base = env.LOCALAPPDATA ?? env.PROGRAMDATA ?? win32.join(home, 'AppData', 'Local');
    return win32.join(base, 'Hyper-V Replica Console');
  }
  if (platform === 'darwin')
    return posix.join(home, 'Library', 'Application Support', 'Hyper-V Replica Console');
  const state = env.XDG_STATE_HOME;
  // The XDG specification says that relative paths are to be ignored.
  const base = state?.startsWith('/') ? state : posix.join(home, '.local', 'state');
  return posix.join(base, 'hyperv-replica-console');
};

/**
 * Creates the directory, readable by its owner only, if it does not exist.
 * @throws ReplicationError `DATA_DIRECTORY_UNUSABLE`
 */
export const createDataDirectory = (directory: string): void => {
  try {
    createDirectory(directory, 0o700);
  } catch (cause) {
    throw new ReplicationError(
      'DATA_DIRECTORY_UNUSABLE',
      `The data directory ${directory} cannot be created.`,
      {
        file: directory,
        cause,
      },
    );
  }
};

/** The files that live in a data directory. */
export const dataPaths = (directory: string) => ({
  store: resolve(directory, 'hvrc.db'),
  lock: resolve(directory, 'engine.lock'),
  engine: resolve(directory, 'engine.json'),
  socket: resolve(directory, 'engine.sock'),
  log: resolve(directory, 'logs', 'hvrc.log'),
  secrets: resolve(directory, 'secrets.json'),
  known: resolve(directory, 'known.json'),
});
