import type { ErrorCode } from '../../../contract/error-catalogue.ts';
import { ReplicationError } from '../../../contract/errors.ts';
import { type ChainStamps, stoodStill } from './stamps.ts';

/** What a half-written table or header of a live disk file looks like to a reader. */
const tornCodes: ReadonlySet<ErrorCode> = new Set(['DISK_CORRUPT', 'DISK_TRUNCATED', 'DISK_FORMAT_UNKNOWN']);

/**
 * Judges an error of reading a live disk. Damage in a file that its VM was writing at that very moment is most likely
 * no damage: tables and blocks are written one after the other, and the reader came in between. Such an error becomes
 * `DISK_CHANGING`, which is tried again; a file that stood still is as damaged as it looks.
 * @param stamps of the chain before the reading began; null when the disk was too busy to tell
 */
export const asChangingDisk = async (
  thrown: unknown,
  disk: { readonly name: string; readonly path: string },
  files: readonly string[],
  stamps: ChainStamps | null,
): Promise<ReplicationError> => {
  const error = ReplicationError.from(thrown, { file: disk.path });
  if (!tornCodes.has(error.code)) return error;
  if (stamps !== null && (await stoodStill(files, stamps))) return error;
  return new ReplicationError(
    'DISK_CHANGING',
    `${disk.name} was being written to while it was read: ${error.message}`,
    {
      file: disk.path,
      offset: error.offset,
      cause: error,
    },
  );
};
