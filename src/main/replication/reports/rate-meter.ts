const windowMs = 10_000;

interface Sample {
  readonly atMs: number;
  readonly bytes: number;
}

/** Throughput over the last 10 seconds, and what it says about the rest. Bytes of an earlier run do not count. */
export class RateMeter {
  private samples: Sample[] = [];

  /** @param bytes bytes moved so far, never falling */
  add(atMs: number, bytes: number): void {
    // A clock that was set back says nothing of what was before.
    if (atMs < (this.samples.at(-1)?.atMs ?? atMs)) this.samples = [];
    this.samples.push({ atMs, bytes });
    const oldest = this.samples.findLastIndex((sample) => sample.atMs <= atMs - windowMs);
    if (oldest > 0) this.samples.splice(0, oldest);
  }

  /** Bytes per second; null until half a second has been watched. */
  rate(): number | null {
    const first = this.samples[0];
    const last = this.samples.at(-1);
    if (first === undefined || last === undefined || last.atMs - first.atMs < 500) return null;
    return ((last.bytes - first.bytes) * 1000) / (last.atMs - first.atMs);
  }

  /** Seconds for `bytes` more; null while nothing moves. */
  eta(bytes: number): number | null {
    const rate = this.rate();
    return rate === null || rate <= 0 ? null : bytes / rate;
  }
}
