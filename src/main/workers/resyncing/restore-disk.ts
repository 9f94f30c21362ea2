import { existsSync, rmSync } from 'node:fs';
import { ReplicationError } from '../../../contract/errors.ts';
import { isZero } from '../../block/digest.ts';
import { blockCount, trackingBlockBytes } from '../../block/tracking-block.ts';
import { openVirtualDisk } from '../../disk/open-disk.ts';
import { createDynamicVhdWriter } from '../../disk/vhd/dynamic-vhd-writer.ts';
import { createVhdxWriter } from '../../disk/vhdx/vhdx-writer.ts';
import type { Extent, VirtualDiskWriter } from '../../disk/virtual-disk.ts';
import { renameDurably } from '../../platform/durable.ts';
import type { ReplicaContent } from '../../vault/replica-vault.ts';
import type { Tasks } from '../protocol.ts';
import type { BlockReader, DigestedChunk } from '../reading/block-reader.ts';
import { chunkBytes } from '../reading/lane-protocol.ts';
import { type PairedRange, pairedRanges, queueSecondOnly } from '../reading/paired-ranges.ts';
import { type TaskContext, throwIfCancelled } from '../serve-tasks.ts';
import { RecordedDigests } from './recorded-digests.ts';

/**
 * Writes one disk of a recovery point into a new file, reads it back, and compares it with the digests taken at the cut.
 * The file carries its final name only after that.
 */
export const restoreDisk = async (
  params: Pick<Tasks['restore']['params'], 'diskId' | 'toPath' | 'format' | 'logicalSectorBytes'>,
  content: ReplicaContent,
  reader: BlockReader,
  context: TaskContext,
): Promise<{ writtenBytes: number; verifiedBlocks: number }> => {
  const partialPath = `${params.toPath}.partial`;
  if (existsSync(params.toPath)) {
    throw new ReplicationError('RESTORE_TARGET_EXISTS', `${params.toPath} exists already.`, {
      file: params.toPath,
    });
  }
  rmSync(partialPath, { force: true });
  try {
    const writtenBytes = await writeDisk(params, partialPath, content, context);
    const verifiedBlocks = await verifyFile(params, partialPath, content, reader, context);
    renameDurably(partialPath, params.toPath);
    return { writtenBytes, verifiedBlocks };
  } catch (error) {
    rmSync(partialPath, { force: true });
    throw error;
  }
};

const createWriter = (
  { format, logicalSectorBytes }: Pick<Tasks['restore']['params'], 'format' | 'logicalSectorBytes'>,
  path: string,
  sizeBytes: number,
): VirtualDiskWriter =>
  format === 'vhd'
    ? createDynamicVhdWriter(path, { sizeBytes })
    : createVhdxWriter(path, { sizeBytes, logicalSectorBytes });

const writeDisk = async (
  params: Pick<Tasks['restore']['params'], 'diskId' | 'format' | 'logicalSectorBytes'>,
  path: string,
  content: ReplicaContent,
  context: TaskContext,
): Promise<number> => {
  const writer = createWriter(params, path, content.sizeBytes);
  const data = Buffer.allocUnsafe(chunkBytes);
  let writtenBytes = 0;
  try {
    for await (const { offset, length } of inChunks(content)) {
      throwIfCancelled(context.signal);
      const part = data.subarray(0, length);
      await content.read(part, offset);
      writeNonZero(writer, part, offset);
      writtenBytes += length;
      report(context, params.diskId, 'restore', offset + length, content.sizeBytes);
    }
    await writer.close();
    return writtenBytes;
  } catch (error) {
    writer.abandon();
    throw error;
  }
};

const writeNonZero = (writer: VirtualDiskWriter, data: Buffer, offset: number): void => {
  for (let at = 0; at < data.length; at += trackingBlockBytes) {
    const block = data.subarray(at, at + trackingBlockBytes);
    if (!isZero(block)) writer.write(block, offset + at);
  }
};

const verifyFile = async (
  params: Pick<Tasks['restore']['params'], 'diskId' | 'toPath'>,
  path: string,
  content: ReplicaContent,
  reader: BlockReader,
  context: TaskContext,
): Promise<number> => {
  const disk = openVirtualDisk(path);
  const recorded = new RecordedDigests(content);
  let verifiedBlocks = 0;
  const mismatch = (offset: number): ReplicationError =>
    new ReplicationError(
      'VERIFY_MISMATCH',
      `The restored copy of ${params.toPath} does not match the digests taken at its cut.`,
      { file: params.toPath, offset },
    );
  const check = async ({ offset, length, digests }: DigestedChunk): Promise<void> => {
    const expected = await recorded.of(offset / trackingBlockBytes, blockCount(length));
    if (!digests.equals(expected)) throw mismatch(offset);
    verifiedBlocks += blockCount(length);
    report(context, params.diskId, 'verify', offset + length, content.sizeBytes);
  };
  try {
    const holes: PairedRange[] = [];
    const checkHoles = async (before: number): Promise<void> => {
      for (let hole = holes[0]; hole !== undefined && hole.offset < before; hole = holes[0]) {
        holes.shift();
        // The file is zeros there; so must be what was recorded.
        for await (const piece of recorded.pieces(hole)) {
          throwIfCancelled(context.signal);
          if (!piece.isZero) throw mismatch(piece.offset);
          verifiedBlocks += blockCount(piece.length);
          report(context, params.diskId, 'verify', piece.offset + piece.length, content.sizeBytes);
        }
      }
    };
    const pairs = pairedRanges(disk.extents(), content.extents(), content.sizeBytes);
    const ranges = queueSecondOnly(pairs, holes);
    for await (const chunk of reader.read({ path, ranges, signal: context.signal })) {
      try {
        await checkHoles(chunk.offset);
        await check(chunk);
      } finally {
        chunk.release();
      }
    }
    await checkHoles(content.sizeBytes);
    return verifiedBlocks;
  } finally {
    disk.close();
  }
};

/** What the content may hold something in, a chunk at a time. */
async function* inChunks(content: ReplicaContent): AsyncGenerator<Extent> {
  for await (const range of pairedRanges(content.extents(), [], content.sizeBytes))
    if (range.first) yield* chunksOf(range);
}

function* chunksOf(range: Extent): Generator<Extent> {
  const end = range.offset + range.length;
  for (let offset = range.offset; offset < end; offset += chunkBytes)
    yield { offset, length: Math.min(chunkBytes, end - offset) };
}

const report = (
  context: TaskContext,
  diskId: string,
  phase: 'restore' | 'verify',
  doneBytes: number,
  totalBytes: number,
): void => context.progress({ diskId, phase, doneBytes, skippedBytes: 0, totalBytes, resumedAtBytes: null });
