import { isZero, zeroDigest } from '../../block/digest.ts';
import type { DigestTable } from '../../block/digest-table.ts';
import { blockLength, fullPageMask, trackingBlockBytes } from '../../block/tracking-block.ts';
import type { DeltaWriter } from '../../vault/replica-vault.ts';
import type { ComparisonFigures, Tasks } from '../protocol.ts';
import { type ResyncCheckpoint, writeCheckpoint } from './resync-checkpoint.ts';

const mebibyte = 1024 ** 2;
/** Bytes sent between two checkpoints at most: what an interruption of a slow line costs. */
const mostUnconfirmedBytes = 64 * mebibyte;

/** Bytes of the disk between two checkpoints. */
export const checkpointInterval = (sizeBytes: number): number => {
  const share = Math.ceil(sizeBytes / 16 / trackingBlockBytes) * trackingBlockBytes;
  return Math.min(1024 * mebibyte, Math.max(4 * mebibyte, share));
};

/** Where staging goes on: blocks below `restageTo` may have been staged by an earlier run, none from `reachOffset` on. */
export interface StagingStart {
  readonly offset: number;
  readonly restageTo: number;
  readonly reachOffset: number;
  readonly earlier: Omit<ComparisonFigures, 'sentBlocks'> | null;
}

/**
 * Stages what differs, and keeps the checkpoint. Nothing is staged at or beyond the checkpoint's reach before a new
 * checkpoint is durable, so that the next run knows where staged blocks can be.
 */
export class Staging {
  sentBytes: number;
  readonly #params: Tasks['resync']['params'];
  readonly #table: DigestTable;
  readonly #delta: DeltaWriter;
  readonly #restageTo: number;
  #reachOffset: number;
  /** Nothing was staged here or beyond, by this run or by earlier ones. */
  #stagedTo: number;
  #doneOffset: number;
  #confirmedBytes: number;

  constructor(
    params: Tasks['resync']['params'],
    table: DigestTable,
    delta: DeltaWriter,
    { offset, restageTo, reachOffset, earlier }: StagingStart,
  ) {
    this.#params = params;
    this.#table = table;
    this.#delta = delta;
    this.#restageTo = restageTo;
    this.#reachOffset = reachOffset;
    this.#stagedTo = restageTo;
    this.#doneOffset = offset;
    this.sentBytes = earlier?.sentBytes ?? 0;
    this.#confirmedBytes = this.sentBytes;
  }

  /** Blocks below this offset must be staged even where the replica has them. */
  get restageTo(): number {
    return this.#restageTo;
  }

  mayBeStaged(block: number): boolean {
    return block * trackingBlockBytes < this.#restageTo;
  }

  /** Whether a checkpoint is needed before `block` may be staged. */
  isBeyondReach(block: number): boolean {
    return block * trackingBlockBytes >= this.#reachOffset;
  }

  /** Whether so much was compared or sent since the last checkpoint that one is due. */
  isCheckpointDue(position: number): boolean {
    return (
      position - this.#doneOffset >= checkpointInterval(this.#params.source.sizeBytes) ||
      this.sentBytes - this.#confirmedBytes >= mostUnconfirmedBytes
    );
  }

  async stage(block: number, data: Uint8Array, digest: Uint8Array): Promise<void> {
    const zero = isZero(digest);
    const change = {
      block,
      pageMask: zero ? 0 : fullPageMask(blockLength(this.#params.source.sizeBytes, block)),
      data: zero ? noData : data,
      digest,
    };
    this.#stagedTo = Math.max(this.#stagedTo, (block + 1) * trackingBlockBytes);
    this.sentBytes += await (this.mayBeStaged(block) ? this.#delta.restage(change) : this.#delta.put(change));
  }

  stageZero(block: number): Promise<void> {
    return this.stage(block, noData, zeroDigest);
  }

  /** The comparison begins: what an earlier one noted counts no more. */
  begin(): void {
    this.#write(0, 0, { comparedBlocks: 0, differentBlocks: 0, sentBytes: 0, dataBytes: 0, map: noMap });
  }

  /**
   * Everything below `doneOffset` is durable, here and at the vault, when this resolves.
   * @param isLast nothing more is staged by this run: the next one stages only what this one had begun anew
   */
  async checkpoint(doneOffset: number, figures: () => ComparisonFigures, isLast = false): Promise<void> {
    const { sizeBytes } = this.#params.source;
    const puts = await this.#delta.checkpoint();
    this.#table.flush();
    this.#doneOffset = doneOffset;
    this.#confirmedBytes = this.sentBytes;
    const next = Math.min(sizeBytes, doneOffset + checkpointInterval(sizeBytes));
    this.#reachOffset = isLast
      ? Math.min(sizeBytes, Math.max(doneOffset, this.#stagedTo))
      : Math.max(this.#reachOffset, next);
    this.#write(doneOffset, puts, figures());
  }

  #write(
    doneOffset: number,
    puts: number,
    figures: Pick<ResyncCheckpoint, 'comparedBlocks' | 'differentBlocks' | 'sentBytes' | 'dataBytes' | 'map'>,
  ): void {
    const { source, tracking, cut, deep } = this.#params;
    const { comparedBlocks, differentBlocks, sentBytes, dataBytes, map } = figures;
    writeCheckpoint(tracking.tablePath, {
      diskId: source.diskId,
      lineage: tracking.lineage,
      sizeBytes: source.sizeBytes,
      cut,
      deep,
      doneOffset,
      reachOffset: this.#reachOffset,
      puts,
      comparedBlocks,
      differentBlocks,
      sentBytes,
      dataBytes,
      map,
    });
  }
}

const noData = new Uint8Array(0);
const noMap = { blocksPerCell: 1, cells: 1, states: '' };
