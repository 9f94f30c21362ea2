import { digestBytes, isZero } from '../../block/digest.ts';
import type { DigestTable } from '../../block/digest-table.ts';
import { blockCount, trackingBlockBytes } from '../../block/tracking-block.ts';
import { openVirtualDisk } from '../../disk/open-disk.ts';
import type { ReplicaContent } from '../../vault/replica-vault.ts';
import type { ComparisonFigures, Tasks } from '../protocol.ts';
import type { BlockReader, DigestedChunk } from '../reading/block-reader.ts';
import { chunkBytes } from '../reading/lane-protocol.ts';
import { type PairedRange, pairedRanges, queueSecondOnly } from '../reading/paired-ranges.ts';
import { type TaskContext, throwIfCancelled } from '../serve-tasks.ts';
import { CellMap } from './cell-map.ts';
import { RecordedDigests } from './recorded-digests.ts';
import { ReplicaDigests } from './replica-digests.ts';
import type { Staging, StagingStart } from './staging.ts';

/**
 * Compares a source disk with its replica, in the order of the disk, and stages what differs.
 *
 * | the replica                                       | is judged by                                             |
 * |---------------------------------------------------|----------------------------------------------------------|
 * | is a file at hand                                 | its bytes                                                |
 * | is elsewhere, its recorded digests vouch for it   | the recorded digests; `deep`: digests of what is read    |
 * | otherwise                                         | digests of what is read                                  |
 *
 * Where both have a hole only the recorded digests are looked at. A block that is right at the replica under a wrong recorded digest is staged
 * for its digest's sake, but is not different.
 */
export class Comparison {
  private comparedBlocks: number;
  private differentBlocks: number;
  private sentBlocks: number;
  private dataBytes: number;
  private doneBytes: number;
  /** Holes of both: they take no time, and must not count in rates. */
  private holeBytes = 0;
  private readonly map: CellMap;
  private readonly replica: ReplicaDigests;
  private readonly recorded: RecordedDigests;
  private readonly params: Tasks['resync']['params'];
  private readonly content: ReplicaContent;
  private readonly table: DigestTable;
  private readonly staging: Staging;
  private readonly start: StagingStart;
  private readonly context: TaskContext;

  constructor(
    params: Tasks['resync']['params'],
    content: ReplicaContent,
    table: DigestTable,
    staging: Staging,
    start: StagingStart,
    context: TaskContext,
  ) {
    this.params = params;
    this.content = content;
    this.table = table;
    this.staging = staging;
    this.start = start;
    this.context = context;
    const { offset, earlier } = start;
    this.comparedBlocks = earlier?.comparedBlocks ?? 0;
    this.differentBlocks = earlier?.differentBlocks ?? 0;
    this.sentBlocks = this.differentBlocks;
    this.dataBytes = earlier?.dataBytes ?? 0;
    this.doneBytes = offset;
    this.map = new CellMap(params.source.sizeBytes, earlier?.map ?? null);
    this.replica = new ReplicaDigests(content);
    this.recorded = new RecordedDigests(content);
  }

  async run(reader: BlockReader): Promise<void> {
    const { path, sizeBytes } = this.params.source;
    const { signal } = this.context;
    const disk = openVirtualDisk(path);
    try {
      const holes: PairedRange[] = [];
      const { offset } = this.start;
      const pairs = pairedRanges(disk.extents(offset), this.content.extents(offset), sizeBytes, offset);
      const chunks = reader.read({
        path,
        ranges: queueSecondOnly(pairs, holes),
        against: this.content.file,
        expected: (firstBlock, target) => this.expect(firstBlock, target),
        signal,
      });
      for await (const chunk of chunks) {
        try {
          await this.compareHoles(holes, chunk.offset);
          await this.compareChunk(chunk);
        } finally {
          chunk.release();
        }
        await this.checkpointWhenDue();
        this.report();
      }
      await this.compareHoles(holes, sizeBytes);
      await this.checkpoint(sizeBytes);
      this.report();
    } catch (error) {
      if (signal.aborted) await this.keepWhatIsDone();
      throw error;
    } finally {
      disk.close();
    }
  }

  figures(): ComparisonFigures {
    const { comparedBlocks, differentBlocks, sentBlocks, dataBytes } = this;
    const { sentBytes } = this.staging;
    return { comparedBlocks, differentBlocks, sentBlocks, sentBytes, dataBytes, map: this.map.report() };
  }

  /** Digests that stand for what the replica holds, where the lanes do not read it themselves. */
  private async expect(firstBlock: number, target: Buffer): Promise<void> {
    if (this.isReadBack) {
      const offset = firstBlock * trackingBlockBytes;
      const length = Math.min(
        (target.length / digestBytes) * trackingBlockBytes,
        this.params.source.sizeBytes - offset,
      );
      (await this.replica.digests(offset, length)).copy(target);
    } else await this.recorded.read(target, firstBlock);
  }

  private get isReadBack(): boolean {
    return this.params.deep || !this.content.vouches;
  }

  private async compareChunk(chunk: DigestedChunk): Promise<void> {
    const firstBlock = chunk.offset / trackingBlockBytes;
    const blocks = blockCount(chunk.length);
    const changed = chunk.isCompared ? chunk.changed : await this.compareHere(chunk);
    const wrong = this.isReadBack ? await this.wronglyRecorded(chunk) : changed;
    this.table.write(firstBlock, chunk.digests);
    if ((changed | wrong) !== 0 || this.staging.mayBeStaged(firstBlock)) {
      await this.beforeStaging(firstBlock + blocks - 1);
    }
    for (let index = 0; index < blocks; index += 1) {
      const block = firstBlock + index;
      const digest = chunk.digests.subarray(index * digestBytes, (index + 1) * digestBytes);
      const from = index * trackingBlockBytes;
      const data = chunk.data.subarray(from, Math.min(from + trackingBlockBytes, chunk.length));
      if (!isZero(digest)) this.dataBytes += data.length;
      const differs = (changed & (1 << index)) !== 0;
      if (!differs && (wrong & (1 << index)) === 0 && !this.staging.mayBeStaged(block)) continue;
      if (differs) this.countDifferent(block);
      await this.staging.stage(block, data, digest);
    }
    this.countCompared(firstBlock, blocks, chunk.length);
  }

  /** The lanes could not read the replica: whoever reads it here says why, or can. */
  private async compareHere(chunk: DigestedChunk): Promise<number> {
    return differing(chunk.digests, await this.replica.digests(chunk.offset, chunk.length));
  }

  private async wronglyRecorded(chunk: DigestedChunk): Promise<number> {
    const recorded = await this.recorded.of(chunk.offset / trackingBlockBytes, blockCount(chunk.length));
    return recorded.equals(chunk.digests) ? 0 : differing(chunk.digests, recorded);
  }

  /** Where the source has a hole the replica must hold zeros. */
  private async compareHoles(holes: PairedRange[], before: number): Promise<void> {
    for (let hole = holes[0]; hole !== undefined && hole.offset < before; hole = holes[0]) {
      holes.shift();
      const first = hole.offset / trackingBlockBytes;
      if (this.start.offset > 0) this.table.clear(first, blockCount(hole.length));
      const { offset, length, second } = hole;
      const restaged = Math.min(length, Math.max(0, this.staging.restageTo - offset));
      const cleared = second ? length : restaged;
      if (cleared > 0) await this.clearHole(offset, cleared);
      // What is recorded of a hole is looked at all the same: a replica may have lost what it held there.
      const rest = { offset: offset + cleared, length: length - cleared };
      for await (const piece of this.recorded.pieces(rest)) {
        throwIfCancelled(this.context.signal);
        if (!piece.isZero) {
          await this.clearHole(piece.offset, piece.length);
          continue;
        }
        this.holeBytes += piece.length;
        this.countCompared(piece.offset / trackingBlockBytes, blockCount(piece.length), piece.length);
        this.report();
      }
    }
  }

  private async clearHole(offset: number, length: number): Promise<void> {
    for (let at = offset; at < offset + length; at += chunkBytes) {
      throwIfCancelled(this.context.signal);
      const part = Math.min(chunkBytes, offset + length - at);
      const first = at / trackingBlockBytes;
      const blocks = blockCount(part);
      const recorded = await this.recorded.of(first, blocks);
      const theirs = this.isReadBack ? await this.replica.digests(at, part) : recorded;
      for (let index = 0; index < blocks; index += 1) {
        const block = first + index;
        const differs = !isZero(digestAt(theirs, index));
        if (!differs && isZero(digestAt(recorded, index)) && !this.staging.mayBeStaged(block)) continue;
        await this.beforeStaging(first + blocks - 1);
        if (differs) this.countDifferent(block);
        await this.staging.stageZero(block);
      }
      this.countCompared(first, blocks, part);
      await this.checkpointWhenDue();
      this.report();
    }
  }

  /** Called before the first block of a chunk is staged, with its last one. */
  private async beforeStaging(lastBlock: number): Promise<void> {
    if (this.staging.isBeyondReach(lastBlock)) await this.checkpoint(this.doneBytes);
  }

  private async checkpointWhenDue(): Promise<void> {
    if (this.staging.isCheckpointDue(this.doneBytes)) await this.checkpoint(this.doneBytes);
  }

  private async checkpoint(doneOffset: number, isLast = false): Promise<void> {
    const confirmed = () => {
      this.map.confirm();
      this.sentBlocks = this.differentBlocks;
      return this.figures();
    };
    await this.staging.checkpoint(doneOffset, confirmed, isLast);
  }

  /** Stopped, paused or cancelled: the comparison goes on from here. */
  private async keepWhatIsDone(): Promise<void> {
    try {
      await this.checkpoint(this.doneBytes, true);
    } catch {
      // Whoever stopped it has a reason of his own to tell; it goes on from the checkpoint before.
    }
  }

  private countCompared(firstBlock: number, blocks: number, bytes: number): void {
    this.comparedBlocks += blocks;
    this.doneBytes += bytes;
    this.map.compared(firstBlock, blocks);
  }

  private countDifferent(block: number): void {
    this.differentBlocks += 1;
    this.map.differs(block);
  }

  private report(): void {
    const { offset } = this.start;
    const figures = () => this.figures();
    this.context.progress({
      diskId: this.params.source.diskId,
      phase: 'resync',
      doneBytes: this.doneBytes,
      skippedBytes: this.holeBytes,
      totalBytes: this.params.source.sizeBytes,
      resumedAtBytes: offset > 0 ? offset : null,
      // Worked out only for what is passed on.
      get comparison() {
        return figures();
      },
    });
  }
}

const digestAt = (digests: Buffer, index: number): Buffer =>
  digests.subarray(index * digestBytes, (index + 1) * digestBytes);

/** Bit i: the digests of block i differ. */
const differing = (a: Buffer, b: Buffer): number => {
  let bits = 0;
  for (let at = 0, index = 0; at < a.length; at += digestBytes, index += 1) {
    const end = at + digestBytes;
    if (a.compare(b, at, end, at, end) !== 0) bits |= 1 << index;
  }
  return bits >>> 0;
};
