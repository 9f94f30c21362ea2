import type { Clock } from '../../platform/clock.ts';

/** What moved for a VM since it was last asked. */
export interface Traffic {
  readonly sentBytes: number;
  readonly sendingMs: number;
  readonly changedBytes: number;
}

const none: Traffic = { sentBytes: 0, sendingMs: 0, changedBytes: 0 };

/** Counts what is found changed and what is sent, per VM, until the next sample takes it. */
export class TrafficCounters {
  private readonly counted = new Map<string, Traffic>();

  changed(vmId: string, changedBytes: number): void {
    this.add(vmId, { ...none, changedBytes });
  }

  sent(vmId: string, sentBytes: number, sendingMs: number): void {
    this.add(vmId, { ...none, sentBytes, sendingMs });
  }

  /** Everything since the last time. */
  take(vmId: string): Traffic {
    const traffic = this.counted.get(vmId) ?? none;
    this.counted.delete(vmId);
    return traffic;
  }

  private add(vmId: string, more: Traffic): void {
    const known = this.counted.get(vmId) ?? none;
    this.counted.set(vmId, {
      sentBytes: known.sentBytes + more.sentBytes,
      sendingMs: known.sendingMs + more.sendingMs,
      changedBytes: known.changedBytes + more.changedBytes,
    });
  }
}

/** Counts what one copy or comparison sends while it does, from the running total it tells. */
export class SentMeter {
  private readonly parts: { readonly traffic: TrafficCounters; readonly clock: Clock };
  private readonly vmId: string;
  private countedBytes: number | null = null;
  private countedAtMs: number;

  constructor(parts: { readonly traffic: TrafficCounters; readonly clock: Clock }, vmId: string) {
    this.parts = parts;
    this.vmId = vmId;
    this.countedAtMs = parts.clock.now();
  }

  /** @param includesEarlier whether the total began with what an interrupted run had sent: that was counted then */
  note(totalBytes: number, includesEarlier = false): void {
    const { traffic, clock } = this.parts;
    const nowMs = clock.now();
    const counted = this.countedBytes ?? (includesEarlier ? totalBytes : 0);
    const moreBytes = Math.max(0, totalBytes - counted);
    traffic.sent(this.vmId, moreBytes, Math.max(0, nowMs - this.countedAtMs));
    this.countedBytes = counted + moreBytes;
    this.countedAtMs = nowMs;
  }
}
