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
