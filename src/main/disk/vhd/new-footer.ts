import { randomUUID } from 'node:crypto';
import type { DiskKind } from '../../../contract/model.ts';
import type { VhdFooter } from './footer.ts';
import { geometryFor } from './geometry.ts';

const vhdEpochMs = Date.UTC(2000, 0, 1);

/** What the maker of a new VHD may choose. */
export interface NewVhdOptions {
  readonly sizeBytes: number;
  /** Unique id of the new disk, a UUID; random unless given. */
  readonly diskId?: string;
  /** Creation time in ms since the epoch. */
  readonly createdAtMs?: number;
}

/** VHD's clock: seconds since 2000-01-01 UTC. */
export const vhdTimestamp = (timeMs: number): number => Math.max(0, Math.floor((timeMs - vhdEpochMs) / 1000));

/** The footer of a disk that is being made. */
export const newFooter = (
  kind: DiskKind,
  headerOffset: number | null,
  options: NewVhdOptions,
): VhdFooter => ({
  kind,
  sizeBytes: options.sizeBytes,
  originalSizeBytes: BigInt(options.sizeBytes),
  headerOffset,
  timestamp: vhdTimestamp(options.createdAtMs ?? Date.now()),
  // Readers decide by the creator whether to trust the size or the geometry; Hyper-V's own mark makes them take the size.
  creatorApplication: 'win ',
  creatorHost: 'Wi2k',
  creatorVersion: 0x000a_0000,
  geometry: geometryFor(options.sizeBytes),
  uniqueId: options.diskId ?? randomUUID(),
  features: 2,
  savedState: false,
});
