import { ReplicationError } from '../../contract/errors.ts';

/** Largest virtual disk that is handled: VHDX's own limit. */
export const largestDiskBytes = 64 * 1024 ** 4;

/**
 * A 64-bit size of a virtual disk, as a number once it is known to be exact.
 * @throws ReplicationError `DISK_TOO_LARGE` with the size as written, to the last digit
 */
export const checkedDiskSize = (sizeBytes: bigint, file: string): number => {
  if (sizeBytes <= BigInt(largestDiskBytes)) return Number(sizeBytes);
  throw new ReplicationError(
    'DISK_TOO_LARGE',
    `The disk ${file} says it has ${sizeBytes} bytes; the largest supported size is 64 TB.`,
    { file },
  );
};

/**
 * A 64-bit offset in a disk file.
 * @throws ReplicationError `DISK_CORRUPT` beyond 2^53, where no file reaches and a number would lose bits
 */
export const checkedFileOffset = (offset: bigint, what: string, file: string): number => {
  if (offset <= BigInt(Number.MAX_SAFE_INTEGER)) return Number(offset);
  throw new ReplicationError(
    'DISK_CORRUPT',
    `In ${file} the ${what} is said to lie at byte ${offset}, where no file reaches.`,
    { file },
  );
};
