import type { ActivityText } from '../../contract/engine-phrases.ts';
import type { Progress } from '../../contract/reports.ts';
import type { Clock } from '../platform/clock.ts';
import type { PassProgress } from '../workers/protocol.ts';
import { Mutex } from './mutex.ts';
import { ProgressBoard } from './reports/progress-board.ts';

/**
 * What a VM is busy with, one thing at a time. Tracking and sending have a lock each, because changes are tracked on
 * while a log is on its way; everything else takes both.
 */
export class VmActivity {
  readonly tracking = new Mutex();
  private readonly shipping = new Mutex();
  private readonly board: ProgressBoard;
  private readonly changed: () => void;
  private words: string | null = null;

  /** @param heldBy what writes to vaults wait for now, in words for people */
  constructor(clock: Clock, changed: () => void, heldBy: () => string | null) {
    this.board = new ProgressBoard(clock, changed, heldBy);
    this.changed = changed;
  }

  /** For people; null when nothing runs. */
  get text(): string | null {
    return this.words;
  }

  progressOf(diskId: string): Progress | null {
    return this.board.of(diskId);
  }

  note(pass: PassProgress): void {
    this.board.note(pass);
  }

  /** @throws `CANCELLED` when `signal` aborts before it is `work`'s turn; likewise the others */
  track<T>(text: ActivityText, work: () => Promise<T>, signal: AbortSignal): Promise<T> {
    return this.tracking.run(() => this.during(text, work), signal);
  }

  ship<T>(text: ActivityText, work: () => Promise<T>, signal: AbortSignal): Promise<T> {
    return this.shipping.run(() => this.during(text, work), signal);
  }

  exclusively<T>(text: ActivityText, work: () => Promise<T>, signal?: AbortSignal): Promise<T> {
    return this.shipping.run(() => this.tracking.run(() => this.during(text, work), signal), signal);
  }

  private async during<T>(text: ActivityText, work: () => Promise<T>): Promise<T> {
    this.words = text;
    this.changed();
    try {
      return await work();
    } finally {
      this.words = null;
      this.board.clear();
      this.changed();
    }
  }
}
