import { ReplicationError } from '../../../contract/errors.ts';
import { systemClock } from '../../platform/clock.ts';
import type { WritePacer } from './write-pacer.ts';

/** Microseconds that every thread of the process counts alike, and a way to let some pass. */
export interface GateTime {
  nowUs(): number;
  wait(ms: number, signal: AbortSignal | undefined): Promise<void>;
}

const processTime: GateTime = {
  nowUs: () => Number(process.hrtime.bigint() / 1000n),
  wait: (ms, signal) => systemClock.wait(ms, signal),
};

const secondUs = 1_000_000;
/** One piece is at most this much of the limit: what a window of 10 s can be off by. */
const pieceUs = secondUs / 5;
/** Of smaller pieces the headers would weigh more than the evenness is worth. */
const leastPieceBytes = 16 * 1024;
/** Timers are late: this much is caught up on, and no more. */
const slackUs = secondUs / 5;
/** A limit that changes is noticed by whoever waits after this long. */
const lookMs = 200;
/** A wait longer ago than this holds nobody up any more. */
const recentUs = 2 * secondUs;

/** Bytes a second; 0 for no limit. */
const limitCell = 0;
/** When the next piece may leave. */
const dueCell = 1;
/** When somebody last had to wait. */
const waitedCell = 2;
const cells = 3;

/**
 * The one bandwidth limit of all VMs. It lives in memory that the main thread and the workers share: each piece moves the
 * time at which the next one may leave by what it costs, whichever thread sends it. Time that nobody used is lost, so that no
 * burst follows an idle spell.
 *
 * What counts is the content of writes. The headers of each request (about 1 KiB) come on top.
 */
export class BandwidthGate {
  readonly memory: SharedArrayBuffer;
  readonly #cells: BigInt64Array;
  readonly #time: GateTime;
  /** Within a thread whoever came first goes first. */
  #turn: Promise<unknown> = Promise.resolve();

  constructor(
    memory = new SharedArrayBuffer(cells * BigInt64Array.BYTES_PER_ELEMENT),
    time: GateTime = processTime,
  ) {
    this.memory = memory;
    this.#cells = new BigInt64Array(memory);
    this.#time = time;
  }

  /** Bytes a second; null for none. */
  get limit(): number | null {
    const limit = this.#load(limitCell);
    return limit === 0 ? null : limit;
  }

  /** Holds at once for all threads: for whoever waits already, within 200 ms. */
  setLimit(bytesPerSecond: number | null): void {
    Atomics.store(this.#cells, limitCell, BigInt(bytesPerSecond ?? 0));
  }

  /** Whether writes wait for the limit now. */
  get isHolding(): boolean {
    const waitedUs = this.#load(waitedCell);
    return this.limit !== null && waitedUs !== 0 && this.#time.nowUs() - waitedUs < recentUs;
  }

  /** The gate for work that `signal` cancels. */
  pacer(signal?: AbortSignal): WritePacer {
    return {
      grant: (wanted, unitBytes) => {
        if (this.limit === null) return Promise.resolve(wanted);
        const turn = this.#turn.then(() => this.#pass(wanted, unitBytes, signal));
        this.#turn = turn.catch(() => undefined);
        return turn;
      },
    };
  }

  async #pass(wanted: number, unitBytes: number, signal: AbortSignal | undefined): Promise<number> {
    for (;;) {
      if (signal?.aborted) throw new ReplicationError('CANCELLED', 'The work was cancelled.');
      const limit = this.limit;
      if (limit === null) return wanted;
      const nowUs = this.#time.nowUs();
      const dueUs = this.#load(dueCell);
      if (dueUs > nowUs) {
        Atomics.store(this.#cells, waitedCell, BigInt(nowUs));
        await this.#time.wait(Math.min(lookMs, Math.ceil((dueUs - nowUs) / 1000)), signal);
        continue;
      }
      const granted = pieceOf(wanted, unitBytes, limit);
      const nextUs = Math.max(dueUs, nowUs - slackUs) + Math.ceil((granted * secondUs) / limit);
      if (this.#swap(dueUs, nextUs)) return granted;
    }
  }

  #load(cell: number): number {
    return Number(Atomics.load(this.#cells, cell));
  }

  #swap(expectedUs: number, nextUs: number): boolean {
    const expected = BigInt(expectedUs);
    return Atomics.compareExchange(this.#cells, dueCell, expected, BigInt(nextUs)) === expected;
  }
}

const pieceOf = (wanted: number, unitBytes: number, limit: number): number => {
  const even = Math.max(leastPieceBytes, (limit * pieceUs) / secondUs);
  return Math.min(wanted, Math.max(1, Math.floor(even / unitBytes)) * unitBytes);
};
