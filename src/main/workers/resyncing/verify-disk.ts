import { digestBytes, isZero } from '../../block/digest.ts';
import { blockCount, trackingBlockBytes } from '../../block/tracking-block.ts';
import { openVirtualDisk } from '../../disk/open-disk.ts';
import type { ReplicaContent } from '../../vault/replica-vault.ts';
import type { Tasks, VerifyDiskResult } from '../protocol.ts';
import { type AlignedRange, alignedRanges, queueHoles } from '../reading/aligned-ranges.ts';
import type { BlockReader } from '../reading/block-reader.ts';
import { chunkBytes } from '../reading/lane-protocol.ts';
import { type TaskContext, throwIfCancelled } from '../serve-tasks.ts';
import { ReplicaDigests } from './replica-digests.ts';

const listedDifferences = 16;

/** Reads the replica back and compares it block by block with the source, and with the digests recorded at the vault. */
export const verifyDisk = async (
  { source }: Pick<Tasks['verify']['params'], 'source'>,
  content: ReplicaContent,
  reader: BlockReader,
  context: TaskContext,
): Promise<VerifyDiskResult> => {
  const verification = new Verification(source.diskId, source.sizeBytes, content, context);
  const disk = openVirtualDisk(source.path);
  try {
    const holes: AlignedRange[] = [];
    const ranges = queueHoles(alignedRanges(disk.extents(), source.sizeBytes), holes);
    for await (const chunk of reader.read({ path: source.path, ranges, signal: context.signal })) {
      try {
        await verification.holes(holes, chunk.offset);
        await verification.compare(chunk.offset, chunk.length, chunk.digests);
      } finally {
        chunk.release();
      }
    }
    await verification.holes(holes, source.sizeBytes);
    return verification.result();
  } finally {
    disk.close();
  }
};

class Verification {
  private readonly counters = { comparedBlocks: 0, damagedBlocks: 0, differentBlocks: 0 };
  private readonly firstDifferences: number[] = [];
  private readonly recorded = Buffer.allocUnsafe(blockCount(chunkBytes) * digestBytes);
  private readonly zeros = Buffer.alloc(blockCount(chunkBytes) * digestBytes);
  private readonly replica: ReplicaDigests;
  private readonly diskId: string;
  private readonly sizeBytes: number;
  private readonly content: ReplicaContent;
  private readonly context: TaskContext;

  constructor(diskId: string, sizeBytes: number, content: ReplicaContent, context: TaskContext) {
    this.diskId = diskId;
    this.sizeBytes = sizeBytes;
    this.content = content;
    this.context = context;
    this.replica = new ReplicaDigests(content);
  }

  async holes(queued: AlignedRange[], before: number): Promise<void> {
    for (let hole = queued[0]; hole !== undefined && hole.offset < before; hole = queued[0]) {
      queued.shift();
      for (let offset = hole.offset; offset < hole.offset + hole.length; offset += chunkBytes) {
        throwIfCancelled(this.context.signal);
        const length = Math.min(chunkBytes, hole.offset + hole.length - offset);
        await this.compare(offset, length, this.zeros.subarray(0, blockCount(length) * digestBytes));
      }
    }
  }

  async compare(offset: number, length: number, source: Buffer): Promise<void> {
    const recorded = this.recorded.subarray(0, source.length);
    await this.content.digests(recorded, offset / trackingBlockBytes);
    const held = await this.replica.digests(offset, length);
    this.counters.comparedBlocks += source.length / digestBytes;
    if (!held.equals(recorded) || !held.equals(source)) this.count(offset, held, recorded, source);
    const doneBytes = Math.min(this.sizeBytes, this.counters.comparedBlocks * trackingBlockBytes);
    this.context.progress({
      diskId: this.diskId,
      phase: 'verify',
      doneBytes,
      skippedBytes: isZero(source) ? length : 0,
      totalBytes: this.sizeBytes,
      resumedAtBytes: null,
    });
  }

  result(): VerifyDiskResult {
    return { ...this.counters, firstDifferences: this.firstDifferences };
  }

  private count(offset: number, held: Buffer, recorded: Buffer, source: Buffer): void {
    for (let at = 0; at < held.length; at += digestBytes) {
      const end = at + digestBytes;
      if (held.compare(recorded, at, end, at, end) !== 0) this.counters.damagedBlocks += 1;
      if (held.compare(source, at, end, at, end) === 0) continue;
      this.counters.differentBlocks += 1;
      if (this.firstDifferences.length < listedDifferences) {
        this.firstDifferences.push(offset + (at / digestBytes) * trackingBlockBytes);
      }
    }
  }
}
