import { digestBytes, isZero } from '../../block/digest.ts';
import { blockCount, trackingBlockBytes } from '../../block/tracking-block.ts';
import { openVirtualDisk } from '../../disk/open-disk.ts';
import type { Extent } from '../../disk/virtual-disk.ts';
import type { ReplicaContent } from '../../vault/replica-vault.ts';
import type { Tasks, VerifyDiskResult } from '../protocol.ts';
import type { BlockReader } from '../reading/block-reader.ts';
import { chunkBytes } from '../reading/lane-protocol.ts';
import { type PairedRange, pairedRanges, queueSecondOnly } from '../reading/paired-ranges.ts';
import { type TaskContext, throwIfCancelled } from '../serve-tasks.ts';
import { RecordedDigests } from './recorded-digests.ts';
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
    const holes: PairedRange[] = [];
    const ranges = queueSecondOnly(pairedRanges(disk.extents(), content.extents(), source.sizeBytes), holes);
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
  private readonly recorded: RecordedDigests;
  private readonly zeros = Buffer.alloc(blockCount(chunkBytes) * digestBytes);
  private readonly replica: ReplicaDigests;
  private readonly diskId: string;
  private readonly sizeBytes: number;
  private readonly context: TaskContext;

  constructor(diskId: string, sizeBytes: number, content: ReplicaContent, context: TaskContext) {
    this.diskId = diskId;
    this.sizeBytes = sizeBytes;
    this.context = context;
    this.replica = new ReplicaDigests(content);
    this.recorded = new RecordedDigests(content);
  }

  async holes(queued: PairedRange[], before: number): Promise<void> {
    for (let hole = queued[0]; hole !== undefined && hole.offset < before; hole = queued[0]) {
      queued.shift();
      for await (const piece of this.recorded.pieces(hole)) {
        throwIfCancelled(this.context.signal);
        if (hole.second || !piece.isZero) {
          await this.compareHole(piece);
          continue;
        }
        // Neither side has anything there, and nothing else is recorded.
        this.counters.comparedBlocks += blockCount(piece.length);
        this.report(piece.length);
      }
    }
  }

  private async compareHole({ offset, length }: Extent): Promise<void> {
    for (let at = offset; at < offset + length; at += chunkBytes) {
      throwIfCancelled(this.context.signal);
      const part = Math.min(chunkBytes, offset + length - at);
      await this.compare(at, part, this.zeros.subarray(0, blockCount(part) * digestBytes));
    }
  }

  async compare(offset: number, length: number, source: Buffer): Promise<void> {
    const recorded = await this.recorded.of(offset / trackingBlockBytes, source.length / digestBytes);
    const held = await this.replica.digests(offset, length);
    this.counters.comparedBlocks += source.length / digestBytes;
    if (!held.equals(recorded) || !held.equals(source)) this.count(offset, held, recorded, source);
    this.report(isZero(source) ? length : 0);
  }

  private report(skippedBytes: number): void {
    const doneBytes = Math.min(this.sizeBytes, this.counters.comparedBlocks * trackingBlockBytes);
    this.context.progress({
      diskId: this.diskId,
      phase: 'verify',
      doneBytes,
      skippedBytes,
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
