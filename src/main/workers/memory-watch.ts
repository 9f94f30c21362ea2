import type { Clock } from '../platform/clock.ts';
import { type MemoryRoom, requireMemory } from '../platform/memory.ts';

/** Asked again after this long: progress comes many times a second. */
const freshMs = 2_000;

/** What the machine's memory was when last looked at. */
export class MemoryWatch {
  private readonly clock: Clock;
  private readonly ask: () => MemoryRoom;
  private known: { readonly room: MemoryRoom; readonly atMs: number } | null = null;

  constructor(clock: Clock, ask: () => MemoryRoom) {
    this.clock = clock;
    this.ask = ask;
  }

  /** Asks anew before work. @throws ReplicationError `LOW_MEMORY` */
  require(when: 'before' | 'during'): void {
    const nowMs = this.clock.now();
    const ageMs = this.known === null ? Number.POSITIVE_INFINITY : Math.abs(nowMs - this.known.atMs);
    if (this.known === null || when === 'before' || ageMs >= freshMs)
      this.known = { room: this.ask(), atMs: nowMs };
    requireMemory(this.known.room, when);
  }
}
