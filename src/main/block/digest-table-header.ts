import { crc32 } from 'node:zlib';
import { isCount, isUuid, readU64, readUuid, writeU64, writeUuid } from './binary-fields.ts';
import { trackingBlockBytes } from './tracking-block.ts';

/**
 * The first 512 bytes of a digest table: two slots of 256 bytes. Each new state goes into the slot that does not hold
 * the present one, so a torn write leaves the present one. Of the valid slots the higher generation counts.
 * Little-endian, UUIDs in text order.
 *
 *      0  8  magic 89 44 47 54 0D 0A 1A 0A      48  8  disk size, bytes
 *      8  2  version = 1                        56  8  cut that the digests stand for
 *     10  1  state: 0 building, 1 complete      64  8  checkpoint offset
 *     11  1  zero                               72  8  generation
 *     12  4  tracking block bytes = 32768       80     zeros
 *     16 16  disk id                           252  4  CRC-32 of bytes 0..251
 *     32 16  lineage
 */
export const tableHeaderBytes = 512;
export const tableSlotBytes = 256;
const magic = Buffer.from([0x89, 0x44, 0x47, 0x54, 0x0d, 0x0a, 0x1a, 0x0a]);
const version = 1;
const field = {
  version: 8,
  state: 10,
  trackingBlockBytes: 12,
  diskId: 16,
  lineage: 32,
  diskSizeBytes: 48,
  cut: 56,
  checkpointOffset: 64,
  generation: 72,
  crc: 252,
} as const;

export interface DigestTableState {
  /** Lower-case UUID of the virtual disk. */
  readonly diskId: string;
  readonly diskSizeBytes: number;
  readonly lineage: string;
  /** The cut whose content the digests describe. */
  readonly cut: number;
  /** False while the initial replication still fills the table. */
  readonly complete: boolean;
  /** Below this disk offset everything is replicated and its digests are in the table, durably. */
  readonly checkpointOffset: number;
}

export interface TableSlot {
  readonly state: DigestTableState;
  readonly generation: number;
}

export const encodeTableSlot = ({ state, generation }: TableSlot): Buffer => {
  const bytes = Buffer.alloc(tableSlotBytes);
  magic.copy(bytes);
  bytes.writeUInt16LE(version, field.version);
  bytes.writeUInt8(state.complete ? 1 : 0, field.state);
  bytes.writeUInt32LE(trackingBlockBytes, field.trackingBlockBytes);
  writeUuid(bytes, state.diskId, field.diskId);
  writeUuid(bytes, state.lineage, field.lineage);
  writeU64(bytes, state.diskSizeBytes, field.diskSizeBytes);
  writeU64(bytes, state.cut, field.cut);
  writeU64(bytes, state.checkpointOffset, field.checkpointOffset);
  writeU64(bytes, generation, field.generation);
  bytes.writeUInt32LE(crc32(bytes.subarray(0, field.crc)), field.crc);
  return bytes;
};

/** The slot that counts, or null when neither is valid. */
export const decodeTableHeader = (bytes: Buffer): TableSlot | null => {
  const slots = [bytes.subarray(0, tableSlotBytes), bytes.subarray(tableSlotBytes)].map(decodeSlot);
  return slots.reduce(
    (best, slot) => ((slot?.generation ?? -1) > (best?.generation ?? -1) ? slot : best),
    null,
  );
};

const decodeSlot = (bytes: Buffer): TableSlot | null => {
  if (bytes.length < tableSlotBytes || !bytes.subarray(0, magic.length).equals(magic)) return null;
  if (crc32(bytes.subarray(0, field.crc)) !== bytes.readUInt32LE(field.crc)) return null;
  if (bytes.readUInt16LE(field.version) !== version) return null;
  if (bytes.readUInt32LE(field.trackingBlockBytes) !== trackingBlockBytes) return null;
  const state: DigestTableState = {
    diskId: readUuid(bytes, field.diskId),
    diskSizeBytes: readU64(bytes, field.diskSizeBytes),
    lineage: readUuid(bytes, field.lineage),
    cut: readU64(bytes, field.cut),
    complete: bytes.readUInt8(field.state) === 1,
    checkpointOffset: readU64(bytes, field.checkpointOffset),
  };
  const generation = readU64(bytes, field.generation);
  return flawOfTableState(state) === null && isCount(generation) ? { state, generation } : null;
};

/** Why no table can have this state, or null. */
export const flawOfTableState = (state: DigestTableState): string | null => {
  if (!isUuid(state.diskId)) return `the disk id “${state.diskId}”`;
  if (!isUuid(state.lineage)) return `the lineage “${state.lineage}”`;
  if (!isCount(state.diskSizeBytes) || state.diskSizeBytes === 0)
    return `a disk of ${state.diskSizeBytes} bytes`;
  if (!isCount(state.cut)) return `the cut ${state.cut}`;
  if (!isCount(state.checkpointOffset) || state.checkpointOffset > state.diskSizeBytes) {
    return `the checkpoint ${state.checkpointOffset}`;
  }
  return null;
};
