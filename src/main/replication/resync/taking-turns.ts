import { ReplicationError } from '../../../contract/errors.ts';
import { type Clock, elapsedMs } from '../../platform/clock.ts';

/** A cycle that seems to take longer met a clock that was set. */
const longestRestMs = 30 * 60_000;

/**
 * Lets the cycles of a VM's other disks in between the parts of a long comparison: one thing at a time writes to the
 * VM's replicas, and a comparison goes on from its checkpoint.
 *
 * The comparison is interrupted for a cycle once it has run at least as long as the cycles before took: a slow vault
 * is shared, and neither waits for ever.
 */
export class TakingTurns {
  private readonly clock: Clock;
  private part: { readonly sinceMs: number; readonly interruption: AbortController } | null = null;
  private visitors = 0;
  private visitedSinceMs = 0;
  private lastVisitMs = 0;
  private alone = Promise.withResolvers<void>();

  constructor(clock: Clock) {
    this.clock = clock;
  }

  /** Resolves when it is a cycle's turn, with what it calls at its end. @param signal ends the waiting */
  async enter(signal: AbortSignal): Promise<() => void> {
    const { part } = this;
    if (part !== null) {
      const restMs = this.lastVisitMs - elapsedMs(this.clock, part.sinceMs);
      if (restMs > 0) await this.clock.wait(restMs, AbortSignal.any([signal, part.interruption.signal]));
    }
    if (this.visitors === 0) {
      this.alone = Promise.withResolvers();
      this.visitedSinceMs = this.clock.now();
    }
    this.visitors += 1;
    this.part?.interruption.abort();
    let left = false;
    return () => {
      if (left) return;
      left = true;
      this.visitors -= 1;
      if (this.visitors > 0) return;
      this.lastVisitMs = Math.min(longestRestMs, elapsedMs(this.clock, this.visitedSinceMs));
      this.alone.resolve();
    };
  }

  /** Runs `work` in parts: told to end by its signal for a cycle, it is run again after that one. */
  async inParts<T>(work: (signal: AbortSignal) => Promise<T>, signal: AbortSignal): Promise<T> {
    for (;;) {
      while (this.visitors > 0) await this.alone.promise;
      const interruption = new AbortController();
      this.part = { sinceMs: this.clock.now(), interruption };
      try {
        return await work(AbortSignal.any([signal, interruption.signal]));
      } catch (error) {
        const isForCycle = interruption.signal.aborted && !signal.aborted;
        if (!isForCycle || ReplicationError.from(error).code !== 'CANCELLED') throw error;
      } finally {
        this.part = null;
      }
    }
  }
}
