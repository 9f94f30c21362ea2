import { existsSync } from 'node:fs';
import { ReplicationError } from '../../../contract/errors.ts';
import { digestBytes, isZero } from '../../block/digest.ts';
import { DigestTable } from '../../block/digest-table.ts';
import { trackingBlockBytes } from '../../block/tracking-block.ts';
import { openVirtualDisk } from '../../disk/open-disk.ts';
import type { InitialReplica, VmReplica } from '../../vault/replica-vault.ts';
import type { InitialResult, Tasks } from '../protocol.ts';
import { type AlignedRange, alignedRanges, queueHoles } from '../reading/aligned-ranges.ts';
import type { BlockReader, DigestedChunk } from '../reading/block-reader.ts';
import type { TaskContext } from '../serve-tasks.ts';

/** Bytes between two checkpoints at most: what an interruption costs. */
const checkpointBytes = 128 * 1024 * 1024;
/** The first checkpoint comes this early, the next ones twice as far on each: without one a copy starts anew. */
const firstCheckpointBytes = 8 * 1024 * 1024;

/**
 * Initial replication of one disk: allocated extents only, digests taken on the way into the local table, a durable
 * checkpoint every 128 MiB, more often at first. The checkpoint lives in the table and moves only after the vault said that everything below
 * it is durable.
 */
export const copyInitial = async (
  params: Tasks['initial']['params'],
  replica: VmReplica,
  reader: BlockReader,
  context: TaskContext,
): Promise<InitialResult> => {
  const table = openTable(params);
  let initial: InitialReplica | null = null;
  try {
    initial = await replica.beginInitial(params.disk, params.tracking.lineage, table.checkpointOffset);
    const copy = new InitialCopy(params, table, initial, context);
    await copy.run(reader);
    await initial.seal(params.cut);
    table.setHeader({ checkpointOffset: params.source.sizeBytes, complete: true, cut: params.cut });
    return copy.result();
  } finally {
    await initial?.close();
    table.close();
  }
};

/** The table of an interrupted copy of the same lineage, or a new one. */
const openTable = ({ source, tracking }: Tasks['initial']['params']): DigestTable => {
  const identity = { diskId: source.diskId, lineage: tracking.lineage, diskSizeBytes: source.sizeBytes };
  if (existsSync(tracking.tablePath)) {
    try {
      return DigestTable.open(tracking.tablePath, identity);
    } catch (error) {
      // A table of an earlier relationship or one torn at its creation: the copy starts anew with a fresh one.
      if (!(error instanceof ReplicationError && error.code === 'TRACKING_DAMAGED')) throw error;
    }
  }
  return DigestTable.create(tracking.tablePath, identity);
};

class InitialCopy {
  private sentBytes = 0;
  private skippedBytes = 0;
  private position: number;
  private checkpoint: Promise<void> | null = null;
  private checkpointFailure: unknown = null;
  private nextCheckpointAt: number;
  private readonly params: Tasks['initial']['params'];
  private readonly table: DigestTable;
  private readonly initial: InitialReplica;
  private readonly context: TaskContext;

  constructor(
    params: Tasks['initial']['params'],
    table: DigestTable,
    initial: InitialReplica,
    context: TaskContext,
  ) {
    this.params = params;
    this.table = table;
    this.initial = initial;
    this.context = context;
    this.position = initial.resumedFromOffset;
    this.nextCheckpointAt = this.position + firstCheckpointBytes;
  }

  async run(reader: BlockReader): Promise<void> {
    const { source } = this.params;
    const disk = openVirtualDisk(source.path);
    try {
      if (disk.sizeBytes !== source.sizeBytes) {
        throw new ReplicationError(
          'DISK_CHANGED_GEOMETRY',
          `${source.name} was resized while it was copied.`,
          {
            file: source.path,
          },
        );
      }
      const from = this.initial.resumedFromOffset;
      const holes: AlignedRange[] = [];
      const reads = queueHoles(alignedRanges(disk.extents(from), source.sizeBytes, from), holes);
      for await (const chunk of reader.read({
        path: source.path,
        ranges: reads,
        signal: this.context.signal,
      })) {
        try {
          await this.skipHoles(holes, chunk.offset);
          await this.writeChunk(chunk);
        } finally {
          chunk.release();
        }
        this.position = chunk.offset + chunk.length;
        this.checkpointWhenDue();
        this.report();
      }
      await this.skipHoles(holes, source.sizeBytes);
      await this.checkpoint;
      if (this.checkpointFailure !== null) throw this.checkpointFailure;
    } catch (error) {
      if (this.context.signal.aborted) await this.keepWhatIsDone();
      throw error;
    } finally {
      await this.checkpoint;
      disk.close();
    }
  }

  /** Stopped, paused or cancelled: the copy goes on from here. Should this fail, it goes on from the checkpoint before. */
  private async keepWhatIsDone(): Promise<void> {
    await this.checkpoint;
    if (this.checkpointFailure !== null || this.position <= this.initial.resumedFromOffset) return;
    this.startCheckpoint();
    await this.checkpoint;
  }

  result(): InitialResult {
    const resumed = this.initial.resumedFromOffset;
    return {
      sentBytes: this.sentBytes,
      skippedBytes: this.skippedBytes,
      resumedAtBytes: resumed > 0 ? resumed : null,
    };
  }

  private async skipHoles(holes: AlignedRange[], before: number): Promise<void> {
    for (let hole = holes[0]; hole !== undefined && hole.offset < before; hole = holes[0]) {
      holes.shift();
      await this.initial.zero(hole.offset, hole.length);
      this.table.clear(hole.offset / trackingBlockBytes, Math.ceil(hole.length / trackingBlockBytes));
      this.skippedBytes += hole.length;
      this.position = hole.offset + hole.length;
    }
  }

  /** Writes the runs of non-zero blocks; the zero ones between are cleared, which costs nothing on a fresh replica. */
  private async writeChunk(chunk: DigestedChunk): Promise<void> {
    const { digests } = chunk;
    const blocks = digests.length / digestBytes;
    this.table.write(chunk.offset / trackingBlockBytes, digests);
    for (let first = 0; first < blocks; ) {
      const zero = isZeroBlock(digests, first);
      let end = first + 1;
      while (end < blocks && isZeroBlock(digests, end) === zero) end += 1;
      const from = first * trackingBlockBytes;
      const to = Math.min(end * trackingBlockBytes, chunk.length);
      if (zero) {
        await this.initial.zero(chunk.offset + from, to - from);
        this.skippedBytes += to - from;
      } else {
        const part = digests.subarray(first * digestBytes, end * digestBytes);
        await this.initial.write(chunk.offset + from, chunk.data.subarray(from, to), part, chunk.keep);
        this.sentBytes += to - from;
      }
      first = end;
    }
  }

  /** Starts a checkpoint in the background: the copy goes on while the vault makes the bytes below it durable. */
  private checkpointWhenDue(): void {
    if (this.checkpointFailure !== null) throw this.checkpointFailure;
    if (this.checkpoint !== null || this.position < this.nextCheckpointAt) return;
    this.startCheckpoint();
  }

  private startCheckpoint(): void {
    const offset = this.position;
    const copied = offset - this.initial.resumedFromOffset;
    this.nextCheckpointAt = offset + Math.min(checkpointBytes, copied);
    this.checkpoint = this.initial
      .flush()
      .then(() => this.table.checkpoint(offset))
      .catch((error: unknown) => {
        this.checkpointFailure = error;
      })
      .finally(() => {
        this.checkpoint = null;
      });
  }

  private report(): void {
    const resumed = this.initial.resumedFromOffset;
    this.context.progress({
      diskId: this.params.source.diskId,
      phase: 'initial',
      doneBytes: this.position,
      skippedBytes: this.skippedBytes,
      totalBytes: this.params.source.sizeBytes,
      resumedAtBytes: resumed > 0 ? resumed : null,
    });
  }
}

const isZeroBlock = (digests: Buffer, index: number): boolean =>
  isZero(digests.subarray(index * digestBytes, (index + 1) * digestBytes));
