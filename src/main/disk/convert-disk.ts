import { existsSync, rmSync } from 'node:fs';
import { basename, dirname, resolve } from 'node:path';
import { ReplicationError } from '../../contract/errors.ts';
import type { DiskFormat } from '../../contract/model.ts';
import { isZero } from '../block/digest.ts';
import { pageBytes } from '../block/tracking-block.ts';
import { renameDurably } from '../platform/durable.ts';
import { diskErrorFrom } from './disk-error.ts';
import { type PassOptions, passChunkBytes, passOver } from './long-pass.ts';
import { createRawWriter } from './raw/raw-writer.ts';
import { createFixedVhdWriter } from './vhd/fixed-vhd-writer.ts';
import { createVhdxWriter } from './vhdx/vhdx-writer.ts';
import type { VirtualDisk, VirtualDiskWriter } from './virtual-disk.ts';

/** Zeros shorter than this are written along: a run of small writes costs more than they save. */
const zeroGrainBytes = 16 * pageBytes;

export interface ConversionResult {
  readonly path: string;
  readonly format: DiskFormat;
  /** Size of the new disk; a fixed VHD is rounded up to whole MiB. */
  readonly sizeBytes: number;
  /** Bytes that held data and were written. */
  readonly writtenBytes: number;
}

/**
 * Copies a disk into a new file of another format: raw, fixed VHD (Azure's form) or dynamic VHDX. Only what holds data is
 * written. The file bears the name `<target>.partial` until it is whole and durable.
 * @throws ReplicationError `DISK_TARGET_EXISTS`, `INPUT_INVALID` (no such folder), `CANCELLED`, `VOLUME_LOW_SPACE`, and whatever reading the source throws
 */
export const convertDisk = async (
  source: VirtualDisk,
  targetPath: string,
  format: DiskFormat,
  options: PassOptions = {},
): Promise<ConversionResult> => {
  const path = resolve(targetPath);
  const partialPath = `${path}.partial`;
  refuseExisting(path);
  requireFolder(path);
  removeFile(partialPath);
  const writer = createWriter(format, partialPath, source);
  let writtenBytes: number;
  try {
    writtenBytes = await copyData(source, writer, options);
    await writer.close();
    refuseExisting(path);
    renameDurably(partialPath, path);
  } catch (error) {
    writer.abandon();
    removeFile(partialPath);
    throw error instanceof ReplicationError ? error : diskErrorFrom(error, path, 'write');
  }
  return { path, format, sizeBytes: writer.sizeBytes, writtenBytes };
};

const requireFolder = (path: string): void => {
  const folder = dirname(path);
  if (existsSync(folder)) return;
  const text = `The folder ${folder} does not exist, so that ${basename(path)} cannot be made there.`;
  throw new ReplicationError('INPUT_INVALID', text, { file: folder });
};

const createWriter = (format: DiskFormat, path: string, source: VirtualDisk): VirtualDiskWriter => {
  const { sizeBytes, logicalSectorBytes, physicalSectorBytes } = source;
  switch (format) {
    case 'raw':
      return createRawWriter(path, { sizeBytes });
    case 'vhd':
      return createFixedVhdWriter(path, { sizeBytes });
    case 'vhdx':
      return createVhdxWriter(path, {
        sizeBytes: wholeSectors(sizeBytes),
        logicalSectorBytes,
        physicalSectorBytes,
      });
  }
};

const copyData = async (
  source: VirtualDisk,
  writer: VirtualDiskWriter,
  options: PassOptions,
): Promise<number> => {
  const buffer = new Uint8Array(passChunkBytes);
  let writtenBytes = 0;
  await passOver(source.extents(), source.sizeBytes, options, (offset, length) => {
    // A raw image may end within a sector; what goes into another format is whole sectors.
    const chunk = buffer.subarray(0, Math.min(wholeSectors(length), writer.sizeBytes - offset));
    source.read(chunk.subarray(0, length), offset);
    chunk.fill(0, length);
    for (const run of dataRuns(chunk, offset)) {
      writer.write(chunk.subarray(run.start, run.end), offset + run.start);
      writtenBytes += run.end - run.start;
    }
  });
  return writtenBytes;
};

const wholeSectors = (bytes: number): number => Math.ceil(bytes / 512) * 512;

/** Runs of a chunk that hold something, cut at multiples of the grain on the disk. */
function* dataRuns(chunk: Uint8Array, offset: number): Generator<{ start: number; end: number }> {
  let start = -1;
  for (let at = 0; at < chunk.length; ) {
    const next = Math.min(chunk.length, at + zeroGrainBytes - ((offset + at) % zeroGrainBytes));
    const zero = isZero(chunk.subarray(at, next));
    if (zero && start >= 0) {
      yield { start, end: at };
      start = -1;
    } else if (!zero && start < 0) start = at;
    at = next;
  }
  if (start >= 0) yield { start, end: chunk.length };
}

const refuseExisting = (path: string): void => {
  if (!existsSync(path)) return;
  throw new ReplicationError(
    'DISK_TARGET_EXISTS',
    `The file ${path} exists already and is not overwritten.`,
    {
      file: path,
    },
  );
};

const removeFile = (path: string): void => {
  try {
    rmSync(path, { force: true });
  } catch (error) {
    throw diskErrorFrom(error, path, 'write');
  }
};
