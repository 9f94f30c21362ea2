import { setImmediate } from 'node:timers/promises';
import type { GateTime } from '../../src/main/vault/pacing/bandwidth-gate.ts';

interface Sleeper {
  readonly dueUs: number;
  readonly wake: () => void;
}

/** Microseconds that pass only when told to; whoever waits wakes late by what `latenessMs` says. */
export class FakeGateTime implements GateTime {
  private us = 1_000_000_000;
  private readonly sleepers = new Set<Sleeper>();
  private readonly latenessMs: () => number;

  constructor(latenessMs: () => number = () => 0) {
    this.latenessMs = latenessMs;
  }

  nowUs(): number {
    return this.us;
  }

  wait(ms: number, signal: AbortSignal | undefined): Promise<void> {
    return new Promise((resolve) => {
      if (signal?.aborted) return resolve();
      const wake = () => {
        this.sleepers.delete(sleeper);
        resolve();
      };
      const sleeper = { dueUs: this.us + Math.round((ms + this.latenessMs()) * 1000), wake };
      this.sleepers.add(sleeper);
      signal?.addEventListener('abort', wake, { once: true });
    });
  }

  async advance(ms: number): Promise<void> {
    const untilUs = this.us + ms * 1000;
    for (;;) {
      await setImmediate();
      const [next] = [...this.sleepers].sort((a, b) => a.dueUs - b.dueUs);
      if (next === undefined || next.dueUs > untilUs) break;
      this.us = Math.max(this.us, next.dueUs);
      next.wake();
    }
    this.us = untilUs;
  }
}
