import type { DiskKind } from '../../../contract/model.ts';
import type { ByteSource } from '../byte-source.ts';
import type { DiskLayer, ParentReference, Segment } from '../virtual-disk.ts';
import { BlockMap } from './block-map.ts';
import { FilePages } from './file-pages.ts';
import { validateVhdxLayout } from './validate-layout.ts';
import { readVhdxFile, type VhdxFile } from './vhdx-file.ts';
import { kib, mib } from './vhdx-format.ts';

/** BAT and bitmap pages kept by an open layer: 4 MiB, which cover 1 TiB of disk with 2 MiB blocks. */
const pageBytes = 64 * kib;
const maxPages = 64;
/** A BAT up to this size is checked as a whole when the file is opened: some milliseconds. */
const maxValidatedBatBytes = 8 * mib;

/**
 * Opens a fixed, dynamic or differencing VHDX read-only. A log that was left is applied in memory; the file is never
 * written. Takes over `source` when it succeeds.
 *
 * @throws ReplicationError `DISK_FORMAT_UNKNOWN`, `DISK_CORRUPT`, `DISK_TRUNCATED`, `DISK_UNSUPPORTED`, `DISK_TOO_LARGE`
 */
export const openVhdxLayer = (source: ByteSource): DiskLayer => {
  const file = readVhdxFile(source);
  if (file.geometry.batBytes <= maxValidatedBatBytes) validateVhdxLayout(file);
  return new VhdxLayer(file);
};

class VhdxLayer implements DiskLayer {
  readonly path: string;
  readonly format = 'vhdx';
  readonly kind: DiskKind;
  readonly sizeBytes: number;
  readonly logicalSectorBytes: number;
  readonly physicalSectorBytes: number;
  readonly diskId: string;
  readonly linkage: string;
  readonly parent: ParentReference | null;
  readonly details: Readonly<Record<string, string | number | boolean>>;
  private readonly source: ByteSource;
  private readonly map: BlockMap;

  constructor(file: VhdxFile) {
    const { source, metadata, geometry, current, pendingLog } = file;
    this.path = source.path;
    this.kind = metadata.kind;
    this.sizeBytes = metadata.sizeBytes;
    this.logicalSectorBytes = metadata.logicalSectorBytes;
    this.physicalSectorBytes = metadata.physicalSectorBytes;
    this.diskId = metadata.diskId;
    this.linkage = current.header.dataWriteGuid;
    this.parent = metadata.parent;
    this.details = {
      blockBytes: metadata.blockBytes,
      log: pendingLog === null ? 'empty' : `replayed in memory, ${pendingLog.entries.length} entries`,
      headerSequence: String(current.header.sequence),
      fileWriteGuid: current.header.fileWriteGuid,
      dataWriteGuid: current.header.dataWriteGuid,
    };
    this.source = source;
    this.map = new BlockMap(
      source.path,
      geometry,
      new FilePages(source, pageBytes, maxPages),
      () => source.sizeBytes,
    );
  }

  segments(offset: number, length: number): Iterable<Segment> {
    return this.map.segments(offset, length);
  }

  readFile(target: Uint8Array, fileOffset: number): void {
    this.source.read(target, fileOffset);
  }

  close(): void {
    this.source.close();
  }
}
