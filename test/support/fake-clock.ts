import { setImmediate } from 'node:timers/promises';
import type { Clock } from '../../src/main/platform/clock.ts';

interface Sleeper {
  dueMs: number;
  readonly wake: () => void;
}

/**
 * A clock that moves only when told to. It starts an hour ahead of the system's, so that files which a test just wrote
 * count as settled and nobody waits for their times to grow old.
 */
export class FakeClock implements Clock {
  private nowMs = Date.now() + 3_600_000;
  private readonly sleepers = new Set<Sleeper>();
  /** By how much the clock was set, in all. */
  private jumpedMs = 0;

  now(): number {
    return this.nowMs;
  }

  wait(ms: number, signal?: AbortSignal): Promise<void> {
    return new Promise((resolve) => {
      if (signal?.aborted) return resolve();
      const wake = () => {
        this.sleepers.delete(sleeper);
        signal?.removeEventListener('abort', wake);
        resolve();
      };
      const sleeper: Sleeper = { dueMs: this.nowMs + ms, wake };
      this.sleepers.add(sleeper);
      signal?.addEventListener('abort', wake);
    });
  }

  /** Lets time pass; who sleeps wakes in the order due, and may go to sleep again before the next one wakes. */
  async advance(ms: number): Promise<void> {
    const endMs = this.nowMs + ms - this.jumpedMs;
    // Whoever wakes meanwhile may set the clock: that lets no time pass.
    const untilMs = () => endMs + this.jumpedMs;
    if (Number.isNaN(endMs)) throw new Error('There is no such time');
    for (;;) {
      // Two turns of the event loop: enough for whoever woke to look at the clock and sleep again.
      await setImmediate();
      await setImmediate();
      const [next] = [...this.sleepers].sort((a, b) => a.dueMs - b.dueMs);
      if (next === undefined || next.dueMs > untilMs()) break;
      this.nowMs = Math.max(this.nowMs, next.dueMs);
      next.wake();
    }
    this.nowMs = untilMs();
  }

  /**
   * Sets the clock, as a person or a time server does. Nobody wakes for it: timers go by how much time passes, not by
   * what time it is.
   */
  jump(ms: number): void {
    this.nowMs += ms;
    this.jumpedMs += ms;
    for (const sleeper of this.sleepers) sleeper.dueMs += ms;
  }

  /** Lets time pass up to a moment. */
  advanceTo(momentMs: number): Promise<void> {
    return this.advance(momentMs - this.nowMs);
  }
}
