import { crc32c } from '@node-rs/crc32';
import { asBuffer } from '../../block/digest.ts';

const checksumAt = 4;

/** CRC-32C of a structure whose own checksum field, the u32 at byte 4, counts as zero. Leaves `bytes` as they were. */
export const structureChecksum = (bytes: Uint8Array): number => {
  const view = asBuffer(bytes);
  const stored = view.readUInt32LE(checksumAt);
  view.writeUInt32LE(0, checksumAt);
  const sum = crc32c(view);
  view.writeUInt32LE(stored, checksumAt);
  return sum;
};

export const hasValidChecksum = (bytes: Uint8Array): boolean =>
  asBuffer(bytes).readUInt32LE(checksumAt) === structureChecksum(bytes);

/** Stores the checksum into `bytes`. */
export const sealStructure = (bytes: Uint8Array): void => {
  asBuffer(bytes).writeUInt32LE(structureChecksum(bytes), checksumAt);
};
