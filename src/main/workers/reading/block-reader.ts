import { Worker } from 'node:worker_threads';
import { ReplicationError } from '../../../contract/errors.ts';
import { digestBytes } from '../../block/digest.ts';
import { trackingBlockBytes } from '../../block/tracking-block.ts';
import type { Extent } from '../../disk/virtual-disk.ts';
import { pageAlignedMemory } from '../../platform/page-aligned-memory.ts';
import { throwIfCancelled } from '../serve-tasks.ts';
import { chunkBytes, type FromLane, sharedBytes, slotViews, type ToLane } from './lane-protocol.ts';

/** Up to 1 MiB of a disk with the digests of its blocks, both valid until `release` and as long as somebody keeps them. */
export interface DigestedChunk {
  readonly offset: number;
  readonly length: number;
  readonly data: Buffer;
  readonly digests: Buffer;
  /** Bit i: block i of the chunk differs from the expected digest or the other disk, or nothing was expected. */
  readonly changed: number;
  /** False when the other disk could not be read; `changed` means nothing then. */
  readonly isCompared: boolean;
  /** Keeps `data` beyond `release`, until what this returns is called. */
  readonly keep: () => () => void;
  release(): void;
}

export interface ReadOptions {
  readonly path: string;
  /** Block-aligned ranges (the last may end with the disk), ascending. */
  readonly ranges: Iterable<Extent> | AsyncIterable<Extent>;
  /** Fills `target` with the digests expected for the blocks from `firstBlock`. */
  readonly expected?: (firstBlock: number, target: Buffer) => void | Promise<void>;
  /** A disk file of the same size to compare with byte by byte, in place of `expected`. */
  readonly against?: string | null;
  readonly signal: AbortSignal;
}

interface Lane {
  readonly worker: Worker;
  failure: ReplicationError | null;
}

/** Chunks read ahead of whoever takes them. */
const aheadPerLane = 4;
/** What an upload in flight keeps comes on top. Memory of slots that were never in use costs nothing. */
const slotsPerLane = 12;

/**
 * Reads and digests a disk on several threads and hands out the chunks in order.
 * Memory is the shared slots, whatever the size of the disk: 4 MiB a lane, and up to 8 MiB more that are kept.
 */
export class BlockReader {
  private readonly laneEntry: string;
  private readonly lanes: Lane[] = [];
  private readonly shared: SharedArrayBuffer;
  private readonly slots: number;
  private readonly views: ReturnType<typeof slotViews>[];
  private readonly freeSlots: number[];
  private readonly slotWaiters: (() => void)[] = [];
  private lastReading: Promise<void> = Promise.resolve();
  private readonly answers = new Map<number, (answer: FromLane) => void>();

  /** @param laneEntry path of the lane's entry point, `.ts` from source and `.js` when built */
  constructor(laneCount: number, laneEntry: string) {
    this.laneEntry = laneEntry;
    this.slots = laneCount * slotsPerLane;
    this.shared = pageAlignedMemory(sharedBytes(this.slots));
    this.views = Array.from({ length: this.slots }, (_, slot) => slotViews(this.shared, this.slots, slot));
    this.freeSlots = Array.from({ length: this.slots }, (_, slot) => slot);
    for (let index = 0; index < laneCount; index += 1) this.lanes.push(this.startLane());
  }

  /** One disk at a time: a second reading waits until the first has ended. */
  async *read(options: ReadOptions): AsyncGenerator<DigestedChunk> {
    const before = this.lastReading;
    let ended = (): void => undefined;
    this.lastReading = new Promise((resolve) => {
      ended = resolve;
    });
    await before;
    try {
      yield* this.readAlone(options);
    } finally {
      ended();
    }
  }

  private async *readAlone(options: ReadOptions): AsyncGenerator<DigestedChunk> {
    const { path, ranges, expected, against = null, signal } = options;
    for (const lane of this.lanes)
      this.post(lane, { type: 'open', shared: this.shared, slots: this.slots, path, against });
    const inFlight: Promise<DigestedChunk>[] = [];
    let turn = 0;
    try {
      for await (const { offset, length } of splitIntoChunks(ranges)) {
        throwIfCancelled(signal);
        const isFarEnough = inFlight.length >= this.lanes.length * aheadPerLane;
        if (isFarEnough || (this.freeSlots.length === 0 && inFlight.length > 0))
          yield await inFlight.shift()!;
        const slot = await this.acquireSlot();
        const compare = expected !== undefined && against === null;
        if (compare) {
          const blocks = Math.ceil(length / trackingBlockBytes);
          const target = this.views[slot]!.expected.subarray(0, blocks * digestBytes);
          try {
            await expected(offset / trackingBlockBytes, target);
          } catch (error) {
            this.releaseSlot(slot);
            throw error;
          }
        }
        const lane = this.lanes[turn++ % this.lanes.length]!;
        const chunk = this.dispatch(lane, slot, offset, length, compare);
        // Awaited in order below; a failure must not count as unhandled while an earlier chunk is awaited.
        chunk.catch(ignoreUntilAwaited);
        inFlight.push(chunk);
      }
      while (inFlight.length > 0) yield await inFlight.shift()!;
    } finally {
      for (const chunk of await Promise.allSettled(inFlight))
        if (chunk.status === 'fulfilled') chunk.value.release();
      for (const lane of this.lanes) this.post(lane, { type: 'close' });
    }
  }

  async close(): Promise<void> {
    await Promise.all(this.lanes.map((lane) => lane.worker.terminate()));
  }

  private startLane(): Lane {
    const worker = new Worker(this.laneEntry, {
      resourceLimits: { maxYoungGenerationSizeMb: 1, maxOldGenerationSizeMb: 24 },
    });
    const lane: Lane = { worker, failure: null };
    worker.unref();
    worker.on('message', (answer: FromLane) => this.answers.get(answer.slot)?.(answer));
    worker.on('error', (error) => {
      lane.failure = new ReplicationError('WORKER_FAILED', 'A reading thread ended unexpectedly.', {
        cause: error,
      });
      for (const [slot, answer] of this.answers)
        answer({ type: 'failed', slot, error: lane.failure.toReport() });
    });
    return lane;
  }

  private post(lane: Lane, message: ToLane): void {
    lane.worker.postMessage(message);
  }

  private dispatch(
    lane: Lane,
    slot: number,
    offset: number,
    length: number,
    compare: boolean,
  ): Promise<DigestedChunk> {
    return new Promise((resolve, reject) => {
      if (lane.failure !== null) {
        this.releaseSlot(slot);
        reject(lane.failure);
        return;
      }
      this.answers.set(slot, (answer) => {
        this.answers.delete(slot);
        if (answer.type === 'failed') {
          this.releaseSlot(slot);
          reject(ReplicationError.fromReport(answer.error));
          return;
        }
        const { data, digests } = this.views[slot]!;
        const blocks = Math.ceil(length / trackingBlockBytes);
        const keep = this.keeperOf(slot);
        resolve({
          offset,
          length,
          data: data.subarray(0, length),
          digests: digests.subarray(0, blocks * digestBytes),
          changed: answer.changed ?? 0,
          isCompared: answer.changed !== null,
          keep,
          release: keep(),
        });
      });
      this.post(lane, { type: 'read', slot, offset, length, compare });
    });
  }

  /** The slot is free again when everybody who kept it has let go. */
  private keeperOf(slot: number): () => () => void {
    let keepers = 0;
    return () => {
      let isKept = true;
      keepers += 1;
      return () => {
        if (!isKept) return;
        isKept = false;
        keepers -= 1;
        if (keepers === 0) this.releaseSlot(slot);
      };
    };
  }

  private async acquireSlot(): Promise<number> {
    while (this.freeSlots.length === 0) await new Promise<void>((resolve) => this.slotWaiters.push(resolve));
    return this.freeSlots.pop()!;
  }

  private releaseSlot(slot: number): void {
    this.freeSlots.push(slot);
    this.slotWaiters.shift()?.();
  }
}

const ignoreUntilAwaited = (): void => undefined;

/** Ranges cut at multiples of the chunk size, so that a chunk never spans two of them. */
async function* splitIntoChunks(ranges: ReadOptions['ranges']): AsyncGenerator<Extent> {
  for await (const range of ranges) {
    const end = range.offset + range.length;
    for (let offset = range.offset; offset < end; ) {
      const next = Math.min(end, (Math.floor(offset / chunkBytes) + 1) * chunkBytes);
      yield { offset, length: next - offset };
      offset = next;
    }
  }
}
