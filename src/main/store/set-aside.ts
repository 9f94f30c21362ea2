import { existsSync } from 'node:fs';
import { basename } from 'node:path';
import { ReplicationError } from '../../contract/errors.ts';
import { renameDurably } from '../platform/durable.ts';

/**
 * Renames what is left of a damaged file and of what SQLite keeps beside it to `<name>.damaged-<UTC time>`; returns the new
 * name, or null when there was nothing. The file itself goes first: its log without it would be taken for nothing, but
 * it without its log for an older state.
 * @throws ReplicationError `STORE_DAMAGED` when that is refused
 */
export const setAside = (path: string, atMs: number): string | null => {
  const time = new Date(atMs).toISOString().replace(/[-:]|\.\d+/g, '');
  let label = `damaged-${time}`;
  for (let round = 2; existsSync(`${path}.${label}`); round += 1) label = `damaged-${time}-${round}`;
  let moved: string | null = null;
  for (const suffix of ['', '-wal', '-shm']) {
    const from = `${path}${suffix}`;
    if (!existsSync(from)) continue;
    try {
      renameDurably(from, `${path}.${label}${suffix}`);
    } catch (cause) {
      const why = cause instanceof Error ? cause.message : String(cause);
      const message = `${from} is damaged and cannot be set aside: ${why}.`;
      throw new ReplicationError('STORE_DAMAGED', message, { file: from, cause });
    }
    moved ??= `${basename(path)}.${label}`;
  }
  return moved;
};
