import { type Clock, systemClock } from '../../platform/clock.ts';

/**
 * What the service does for one page blob a second; it answers 503 to more ("Scalability and performance targets for Blob
 * storage", learn.microsoft.com/azure/storage/blobs/scalability-targets).
 */
export interface BlobLimits {
  readonly requestsPerSecond: number;
  readonly bytesPerSecond: number;
}

export const serviceBlobLimits: BlobLimits = {
  requestsPerSecond: 500,
  bytesPerSecond: 60 * 1024 * 1024,
};

/** What was not used of the last quarter of a second may be made up for. */
const slackMs = 250;

/** Requests in flight, each of 4 MiB at most, wait for one another for a second or two. */
const longestWaitMs = 5_000;

/** Keeps the requests for one page blob within what the service does for it. */
export class BlobPacer {
  readonly #limits: BlobLimits | null;
  readonly #clock: Clock;
  #dueMs = 0;

  /** Without limits (the emulator has none) nothing waits. */
  constructor(limits: BlobLimits | null, clock: Clock = systemClock) {
    this.#limits = limits;
    this.#clock = clock;
  }

  /** Resolves when a request with `bytes` of content may leave. */
  async admit(bytes: number): Promise<void> {
    if (this.#limits === null) return;
    const { requestsPerSecond, bytesPerSecond } = this.#limits;
    const nowMs = this.#clock.now();
    // Further away than what is in flight can take: the clock was set back.
    const dueMs = this.#dueMs - nowMs > longestWaitMs ? nowMs : this.#dueMs;
    const startMs = Math.max(dueMs, nowMs - slackMs);
    this.#dueMs = startMs + Math.max(1000 / requestsPerSecond, (bytes * 1000) / bytesPerSecond);
    if (startMs > nowMs) await this.#clock.wait(startMs - nowMs);
  }
}
