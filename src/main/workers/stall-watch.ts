import type { Clock } from '../platform/clock.ts';

/** How long a task may go without progress before it is given up; how long it then has to end by itself. */
export const stallLimitMs = 10 * 60_000;
export const stallGraceMs = 60_000;
const checkMs = 30_000;

interface Watched {
  movedAtMs: number;
  hasMoved: boolean;
  /** Told of progress that is none: the same number again. */
  lastProgress: string;
  stalledAtMs: number | null;
}

export interface StallEvents {
  /** The task has made no progress for `stallLimitMs`: it is asked to end. */
  stalled(id: number): void;
  /** It did not: whatever runs it is stuck. */
  stuck(id: number): void;
}

/**
 * Watches the tasks of one thread for standstill. A task that has moved must move on; one that has not may be waiting
 * for its turn, and counts as stalled only when nothing else on the thread moves either.
 */
export class StallWatch {
  private readonly clock: Clock;
  private readonly events: StallEvents;
  private readonly tasks = new Map<number, Watched>();
  /** Time by the watch's own looks: neither a clock that is set nor a machine that sleeps makes work stand still. */
  private passedMs = 0;
  private threadMovedAtMs = 0;
  private running: AbortController | null = null;

  constructor(clock: Clock, events: StallEvents) {
    this.clock = clock;
    this.events = events;
  }

  begin(id: number): void {
    const movedAtMs = this.passedMs;
    this.tasks.set(id, { movedAtMs, hasMoved: false, lastProgress: '', stalledAtMs: null });
    if (this.running !== null) return;
    this.threadMovedAtMs = movedAtMs;
    this.running = new AbortController();
    void this.watch(this.running.signal);
  }

  /** @param progress how far it is: only a change of it counts */
  progress(id: number, progress: string): void {
    const task = this.tasks.get(id);
    if (task === undefined || task.lastProgress === progress) return;
    task.lastProgress = progress;
    task.hasMoved = true;
    task.movedAtMs = this.passedMs;
    this.threadMovedAtMs = task.movedAtMs;
  }

  end(id: number): void {
    this.tasks.delete(id);
    this.threadMovedAtMs = this.passedMs;
    if (this.tasks.size > 0) return;
    this.running?.abort();
    this.running = null;
  }

  private async watch(ended: AbortSignal): Promise<void> {
    while (!ended.aborted) {
      await this.clock.wait(checkMs, ended);
      if (ended.aborted) return;
      this.passedMs += checkMs;
      this.check(this.passedMs);
    }
  }

  private check(nowMs: number): void {
    for (const [id, task] of [...this.tasks]) {
      const movedAtMs = task.hasMoved ? task.movedAtMs : Math.max(task.movedAtMs, this.threadMovedAtMs);
      if (task.stalledAtMs !== null) {
        if (nowMs - task.stalledAtMs >= stallGraceMs) this.events.stuck(id);
      } else if (nowMs - movedAtMs >= stallLimitMs) {
        task.stalledAtMs = nowMs;
        this.events.stalled(id);
      }
    }
  }
}
