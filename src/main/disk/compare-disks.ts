import { asBuffer } from '../block/digest.ts';
import { pageBytes } from '../block/tracking-block.ts';
import { type PassOptions, passChunkBytes, passOver } from './long-pass.ts';
import { unionExtents } from './union-extents.ts';
import type { VirtualDisk } from './virtual-disk.ts';

export interface DiskComparison {
  /** The same bytes to the guest. Where one disk is longer, what it has more must be zeros. */
  readonly identical: boolean;
  /** First byte that differs; null when none does. */
  readonly firstDifferenceOffset: number | null;
  /** Bytes in 4 KiB pages that differ anywhere. */
  readonly differingBytes: number;
  /** Bytes that were read from each disk; the rest is holes in both. */
  readonly comparedBytes: number;
  readonly sizeBytes: readonly [number, number];
  /** True when the sizes differ: said, though it alone makes no difference (as `qemu-img compare` without `-s`). */
  readonly sizesDiffer: boolean;
}

/**
 * Compares what two disks hold, whatever their formats. Holes of both are not read.
 * @throws ReplicationError `CANCELLED`, and whatever reading a disk throws
 */
export const compareDisks = async (
  first: VirtualDisk,
  second: VirtualDisk,
  options: PassOptions = {},
): Promise<DiskComparison> => {
  const a = Buffer.alloc(passChunkBytes);
  const b = Buffer.alloc(passChunkBytes);
  let firstDifferenceOffset: number | null = null;
  let differingBytes = 0;
  let comparedBytes = 0;
  const longer = Math.max(first.sizeBytes, second.sizeBytes);
  await passOver(unionExtents(first.extents(), second.extents()), longer, options, (offset, length) => {
    const left = a.subarray(0, length);
    const right = b.subarray(0, length);
    readPadded(first, left, offset);
    readPadded(second, right, offset);
    comparedBytes += length;
    if (left.equals(right)) return;
    for (let at = 0; at < length; ) {
      const next = Math.min(length, at + pageBytes - ((offset + at) % pageBytes));
      if (!left.subarray(at, next).equals(right.subarray(at, next))) {
        differingBytes += next - at;
        firstDifferenceOffset ??= offset + firstDifference(left, right, at);
      }
      at = next;
    }
  });
  return {
    identical: differingBytes === 0,
    firstDifferenceOffset,
    differingBytes,
    comparedBytes,
    sizeBytes: [first.sizeBytes, second.sizeBytes],
    sizesDiffer: first.sizeBytes !== second.sizeBytes,
  };
};

/** Beyond its end a disk counts as zeros. */
const readPadded = (disk: VirtualDisk, target: Uint8Array, offset: number): void => {
  const available = Math.max(0, Math.min(target.length, disk.sizeBytes - offset));
  if (available > 0) disk.read(target.subarray(0, available), offset);
  asBuffer(target).fill(0, available);
};

const firstDifference = (left: Uint8Array, right: Uint8Array, from: number): number => {
  let at = from;
  while (left[at] === right[at]) at += 1;
  return at;
};
