import { digestBytes, isZero, zeroDigest } from '../../block/digest.ts';
import { DigestTable } from '../../block/digest-table.ts';
import { blockCount, blockLength, fullPageMask, trackingBlockBytes } from '../../block/tracking-block.ts';
import { openVirtualDisk } from '../../disk/open-disk.ts';
import type { DeltaWriter, ReplicaContent, VmReplica } from '../../vault/replica-vault.ts';
import type { ResyncDiskResult, Tasks } from '../protocol.ts';
import { type AlignedRange, alignedRanges, queueHoles } from '../reading/aligned-ranges.ts';
import type { BlockReader, DigestedChunk } from '../reading/block-reader.ts';
import { chunkBytes } from '../reading/lane-protocol.ts';
import { type TaskContext, throwIfCancelled } from '../serve-tasks.ts';
import { ReplicaDigests } from './replica-digests.ts';

/**
 * Resynchronization of one disk: the source's block checksums against checksums computed from the replica itself, the
 * differing blocks as a delta onto a new lineage. The local digest table is built anew on the way and becomes valid
 * with the caller's commit.
 */
export const resyncDisk = async (
  params: Tasks['resync']['params'],
  replica: VmReplica,
  reader: BlockReader,
  context: TaskContext,
): Promise<ResyncDiskResult> => {
  const { source, tracking, cut, takenAtMs } = params;
  const content = await replica.openDisk(source.diskId, null);
  const table = DigestTable.create(tracking.tablePath, {
    diskId: source.diskId,
    lineage: tracking.lineage,
    diskSizeBytes: source.sizeBytes,
  });
  try {
    const delta = await replica.beginDelta(source.diskId, {
      lineage: tracking.lineage,
      previousCut: cut - 1,
      cut,
      takenAtMs,
      consistency: 'fuzzy',
      rebaseTo: tracking.lineage,
    });
    try {
      const comparison = new Comparison(params, content, table, delta, context);
      await comparison.run(reader);
      await delta.seal();
      table.flush();
      table.setHeader({ cut, complete: true, checkpointOffset: source.sizeBytes });
      return comparison.counters;
    } finally {
      await delta.close();
    }
  } finally {
    table.close();
    await content.close();
  }
};

class Comparison {
  readonly counters = { comparedBlocks: 0, differentBlocks: 0, sentBytes: 0 };
  private doneBytes = 0;
  private readonly params: Tasks['resync']['params'];
  private readonly replica: ReplicaDigests;
  private readonly table: DigestTable;
  private readonly delta: DeltaWriter;
  private readonly context: TaskContext;

  constructor(
    params: Tasks['resync']['params'],
    content: ReplicaContent,
    table: DigestTable,
    delta: DeltaWriter,
    context: TaskContext,
  ) {
    this.params = params;
    this.replica = new ReplicaDigests(content);
    this.table = table;
    this.delta = delta;
    this.context = context;
  }

  async run(reader: BlockReader): Promise<void> {
    const { source } = this.params;
    const disk = openVirtualDisk(source.path);
    try {
      const holes: AlignedRange[] = [];
      const reads = queueHoles(alignedRanges(disk.extents(), source.sizeBytes), holes);
      for await (const chunk of reader.read({
        path: source.path,
        ranges: reads,
        signal: this.context.signal,
      })) {
        try {
          await this.compareHoles(holes, chunk.offset);
          await this.compareChunk(chunk);
        } finally {
          chunk.release();
        }
      }
      await this.compareHoles(holes, source.sizeBytes);
    } finally {
      disk.close();
    }
  }

  private async compareChunk(chunk: DigestedChunk): Promise<void> {
    const firstBlock = chunk.offset / trackingBlockBytes;
    this.table.write(firstBlock, chunk.digests);
    const theirs = await this.replica.digests(chunk.offset, chunk.length);
    for (let index = 0; index * trackingBlockBytes < chunk.length; index += 1) {
      const at = index * digestBytes;
      this.counters.comparedBlocks += 1;
      if (chunk.digests.compare(theirs, at, at + digestBytes, at, at + digestBytes) === 0) continue;
      const from = index * trackingBlockBytes;
      const data = chunk.data.subarray(from, Math.min(from + trackingBlockBytes, chunk.length));
      await this.send(firstBlock + index, data, chunk.digests.subarray(at, at + digestBytes));
    }
    this.report(chunk.length);
  }

  /** Where the source has a hole the replica must hold zeros. */
  private async compareHoles(holes: AlignedRange[], before: number): Promise<void> {
    for (let hole = holes[0]; hole !== undefined && hole.offset < before; hole = holes[0]) {
      holes.shift();
      for (let offset = hole.offset; offset < hole.offset + hole.length; offset += chunkBytes) {
        throwIfCancelled(this.context.signal);
        const length = Math.min(chunkBytes, hole.offset + hole.length - offset);
        const theirs = await this.replica.digests(offset, length);
        this.counters.comparedBlocks += blockCount(length);
        if (!isZero(theirs)) await this.clear(offset / trackingBlockBytes, theirs);
        this.report(length);
      }
    }
  }

  private async clear(firstBlock: number, theirs: Buffer): Promise<void> {
    for (let index = 0; index * digestBytes < theirs.length; index += 1) {
      if (isZero(theirs.subarray(index * digestBytes, (index + 1) * digestBytes))) continue;
      await this.send(firstBlock + index, new Uint8Array(0), zeroDigest);
    }
  }

  private async send(block: number, data: Uint8Array, digest: Uint8Array): Promise<void> {
    this.counters.differentBlocks += 1;
    const zero = isZero(digest);
    const pageMask = zero ? 0 : fullPageMask(blockLength(this.params.source.sizeBytes, block));
    this.counters.sentBytes += await this.delta.put({
      block,
      pageMask,
      data: zero ? new Uint8Array(0) : data,
      digest,
    });
  }

  private report(length: number): void {
    this.doneBytes += length;
    this.context.progress({
      diskId: this.params.source.diskId,
      phase: 'resync',
      doneBytes: this.doneBytes,
      skippedBytes: 0,
      totalBytes: this.params.source.sizeBytes,
      resumedAtBytes: null,
    });
  }
}
