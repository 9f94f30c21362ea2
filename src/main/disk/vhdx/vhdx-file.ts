import type { ByteSource } from '../byte-source.ts';
import { BlockGeometry } from './block-geometry.ts';
import { findPendingLog, type PendingLog } from './log-replay.ts';
import { type Metadata, readMetadata } from './metadata.ts';
import { OverlaySource } from './overlay-source.ts';
import { type Regions, readRegions } from './region-table.ts';
import { corrupt } from './vhdx-error.ts';
import { type CurrentHeader, readCurrentHeader } from './vhdx-header.ts';

/** Everything a VHDX says about itself apart from its blocks. */
export interface VhdxFile {
  /** The file as it is once its log is applied. */
  readonly source: ByteSource;
  readonly current: CurrentHeader;
  /** What the log asked for, already visible in `source`; null when it was empty. */
  readonly pendingLog: PendingLog | null;
  readonly regions: Regions;
  readonly metadata: Metadata;
  readonly geometry: BlockGeometry;
}

/** @throws ReplicationError `DISK_FORMAT_UNKNOWN`, `DISK_CORRUPT`, `DISK_TRUNCATED`, `DISK_UNSUPPORTED`, `DISK_TOO_LARGE` */
export const readVhdxFile = (file: ByteSource): VhdxFile => {
  const current = readCurrentHeader(file);
  const pendingLog = findPendingLog(file, current.header);
  const source = pendingLog === null ? file : new OverlaySource(file, pendingLog);
  const regions = readRegions(source);
  const metadata = readMetadata(source, regions.metadata);
  const geometry = new BlockGeometry({
    ...metadata,
    isDifferencing: metadata.kind === 'differencing',
    batOffset: regions.bat.offset,
  });
  if (geometry.batBytes > regions.bat.length)
    throw corrupt(file.path, 'The BAT is too short for the disk', regions.bat.offset);
  return { source, current, pendingLog, regions, metadata, geometry };
};
