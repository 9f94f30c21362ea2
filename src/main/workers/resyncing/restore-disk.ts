import { existsSync, rmSync } from 'node:fs';
import { ReplicationError } from '../../../contract/errors.ts';
import { digestBytes, isZero } from '../../block/digest.ts';
import { blockCount, trackingBlockBytes } from '../../block/tracking-block.ts';
import { openVirtualDisk } from '../../disk/open-disk.ts';
import { createDynamicVhdWriter } from '../../disk/vhd/dynamic-vhd-writer.ts';
import { createVhdxWriter } from '../../disk/vhdx/vhdx-writer.ts';
import type { VirtualDiskWriter } from '../../disk/virtual-disk.ts';
import { renameDurably } from '../../platform/durable.ts';
import type { ReplicaContent } from '../../vault/replica-vault.ts';
import type { Tasks } from '../protocol.ts';
import { alignedRanges } from '../reading/aligned-ranges.ts';
import type { BlockReader } from '../reading/block-reader.ts';
import { chunkBytes } from '../reading/lane-protocol.ts';
import { type TaskContext, throwIfCancelled } from '../serve-tasks.ts';

const recordedChunk = blockCount(chunkBytes) * digestBytes;

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
  const recorded = Buffer.allocUnsafe(recordedChunk);
  let writtenBytes = 0;
  try {
    for (let offset = 0; offset < content.sizeBytes; offset += chunkBytes) {
      throwIfCancelled(context.signal);
      const length = Math.min(chunkBytes, content.sizeBytes - offset);
      const digests = recorded.subarray(0, blockCount(length) * digestBytes);
      await content.digests(digests, offset / trackingBlockBytes);
      if (!isZero(digests)) {
        const part = data.subarray(0, length);
        await content.read(part, offset);
        writeNonZero(writer, part, offset);
        writtenBytes += length;
      }
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
  const recorded = Buffer.allocUnsafe(recordedChunk);
  let verifiedBlocks = 0;
  const check = async (offset: number, length: number, held: Buffer | null): Promise<void> => {
    const digests = recorded.subarray(0, blockCount(length) * digestBytes);
    await content.digests(digests, offset / trackingBlockBytes);
    const same = held === null ? isZero(digests) : held.equals(digests);
    verifiedBlocks += blockCount(length);
    if (!same) {
      throw new ReplicationError(
        'VERIFY_MISMATCH',
        `The restored copy of ${params.toPath} does not match the digests taken at its cut.`,
        { file: params.toPath, offset },
      );
    }
    report(context, params.diskId, 'verify', offset + length, content.sizeBytes);
  };
  try {
    for (const range of alignedRanges(disk.extents(), content.sizeBytes)) {
      if (!range.hole) continue;
      for (let offset = range.offset; offset < range.offset + range.length; offset += chunkBytes) {
        throwIfCancelled(context.signal);
        await check(offset, Math.min(chunkBytes, range.offset + range.length - offset), null);
      }
    }
    const reads = withoutHoles(alignedRanges(disk.extents(), content.sizeBytes));
    for await (const chunk of reader.read({ path, ranges: reads, signal: context.signal })) {
      try {
        await check(chunk.offset, chunk.length, chunk.digests);
      } finally {
        chunk.release();
      }
    }
    return verifiedBlocks;
  } finally {
    disk.close();
  }
};

function* withoutHoles(ranges: ReturnType<typeof alignedRanges>) {
  for (const range of ranges) if (!range.hole) yield range;
}

const report = (
  context: TaskContext,
  diskId: string,
  phase: 'restore' | 'verify',
  doneBytes: number,
  totalBytes: number,
): void => context.progress({ diskId, phase, doneBytes, skippedBytes: 0, totalBytes, resumedAtBytes: null });
