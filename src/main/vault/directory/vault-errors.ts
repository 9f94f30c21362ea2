import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { ErrorCode } from '../../../contract/error-catalogue.ts';
import { ReplicationError } from '../../../contract/errors.ts';

export const vaultFileName = 'vault.json';

/** What the operating system's error means for a vault; the rest is `VAULT_WRITE_FAILED`. */
const codeOfErrno: Readonly<Record<string, ErrorCode>> = {
  ENOSPC: 'VAULT_FULL',
  EDQUOT: 'VAULT_FULL',
  EACCES: 'VAULT_ACCESS_DENIED',
  EPERM: 'VAULT_ACCESS_DENIED',
  EROFS: 'VAULT_ACCESS_DENIED',
  EIO: 'VAULT_UNREACHABLE',
  ENODEV: 'VAULT_UNREACHABLE',
  ENXIO: 'VAULT_UNREACHABLE',
  ESTALE: 'VAULT_UNREACHABLE',
  ENOTCONN: 'VAULT_UNREACHABLE',
  ENOTDIR: 'VAULT_UNREACHABLE',
  EHOSTDOWN: 'VAULT_UNREACHABLE',
  EHOSTUNREACH: 'VAULT_UNREACHABLE',
  ENETUNREACH: 'VAULT_UNREACHABLE',
  ETIMEDOUT: 'VAULT_UNREACHABLE',
  // How a share's server that restarts shows, on Windows foremost.
  ECONNABORTED: 'VAULT_UNREACHABLE',
  ECONNREFUSED: 'VAULT_UNREACHABLE',
  ECONNRESET: 'VAULT_UNREACHABLE',
  EPIPE: 'VAULT_UNREACHABLE',
  // What libuv calls a Windows error without a POSIX name: mostly a network path or device that went away.
  UNKNOWN: 'VAULT_UNREACHABLE',
};

/** What an error of the disk and log rooms means when it concerns a file in the vault. */
const codeOfLowerRoom: Partial<Record<ErrorCode, ErrorCode>> = {
  DISK_NOT_FOUND: 'REPLICA_MISSING',
  DISK_LOCKED: 'VAULT_UNREACHABLE',
  DISK_READ_FAILED: 'VAULT_UNREACHABLE',
  DISK_WRITE_FAILED: 'VAULT_WRITE_FAILED',
  DISK_ACCESS_DENIED: 'VAULT_ACCESS_DENIED',
  DISK_FORMAT_UNKNOWN: 'REPLICA_INVALID',
  DISK_CORRUPT: 'REPLICA_INVALID',
  DISK_TRUNCATED: 'REPLICA_INVALID',
  DISK_UNSUPPORTED: 'REPLICA_INVALID',
  DISK_CHAIN_BROKEN: 'REPLICA_INVALID',
  DISK_CHAIN_CYCLE: 'REPLICA_INVALID',
  DISK_TARGET_EXISTS: 'REPLICA_INVALID',
  HRL_MISSING: 'REPLICA_INVALID',
  HRL_CORRUPT: 'REPLICA_INVALID',
  HRL_FOREIGN: 'REPLICA_INVALID',
  HRL_UNSUPPORTED: 'VAULT_UNSUPPORTED',
  HRL_WRITE_FAILED: 'VAULT_WRITE_FAILED',
  TRACKING_DAMAGED: 'REPLICA_INVALID',
};

interface SystemError {
  readonly code: string;
  readonly path?: string;
}

/** The operating system's error inside a thrown one, however deeply wrapped. */
export const systemErrorOf = (thrown: unknown): SystemError | null => {
  let error = thrown;
  for (let depth = 0; depth < 5 && error instanceof Error; depth += 1) {
    const { code, errno } = error as { code?: unknown; errno?: unknown };
    if (typeof code === 'string' && typeof errno === 'number') return error as unknown as SystemError;
    error = error.cause;
  }
  return null;
};

/** Whatever a file operation in the vault at `root` threw, as the vault's error. */
export const vaultError = (thrown: unknown, root: string): ReplicationError => {
  const system = systemErrorOf(thrown);
  const lower = thrown instanceof ReplicationError ? thrown : null;
  if (system === null) {
    const code = lower === null ? undefined : codeOfLowerRoom[lower.code];
    if (lower === null || code === undefined) return ReplicationError.from(thrown);
    return new ReplicationError(code, lower.message, { ...contextOf(lower), cause: lower });
  }
  const file = lower?.file ?? system.path;
  const concerned = file ?? root;
  const context = { file: concerned, offset: lower?.offset, cause: thrown };
  if (system.code === 'ENOENT') {
    if (!existsSync(join(root, vaultFileName))) return unreachable(root, thrown);
    return new ReplicationError('REPLICA_MISSING', `The file ${concerned} is not in the vault.`, context);
  }
  const code = codeOfErrno[system.code] ?? 'VAULT_WRITE_FAILED';
  return new ReplicationError(
    code,
    `${sentences[code] ?? 'Access failed for'} ${concerned} (${system.code}).`,
    context,
  );
};

export const unreachable = (root: string, cause?: unknown): ReplicationError =>
  new ReplicationError(
    'VAULT_UNREACHABLE',
    `The vault ${root} cannot be reached: ${join(root, vaultFileName)} is not there.`,
    {
      file: root,
      cause,
    },
  );

/** Runs a piece of vault work; what it throws comes out as a VAULT_* or REPLICA_* error. */
export const atVault = async <T>(root: string, work: () => T | Promise<T>): Promise<T> => {
  try {
    return await work();
  } catch (thrown) {
    throw vaultError(thrown, root);
  }
};

const sentences: Partial<Record<ErrorCode, string>> = {
  VAULT_FULL: 'There is no space left for',
  VAULT_ACCESS_DENIED: 'The vault refuses access to',
  VAULT_UNREACHABLE: 'The vault does not answer for',
  VAULT_WRITE_FAILED: 'Writing failed for',
};

const contextOf = (error: ReplicationError) => ({ vm: error.vm, file: error.file, offset: error.offset });
