import { ReplicationError } from '../../contract/errors.ts';
import type { Log } from '../platform/log.ts';

/**
 * Work that nobody waits for. Its failures are written down instead of ending the process, and an orderly stop waits for
 * what is under way.
 */
export class BackgroundWork {
  private readonly log: Log;
  private readonly running = new Set<Promise<void>>();

  constructor(log: Log) {
    this.log = log;
  }

  /** @param what for the log: what failed, should it fail */
  run(what: string, work: () => Promise<unknown>): void {
    const done = this.guarded(what, work).finally(() => this.running.delete(done));
    this.running.add(done);
  }

  /** Resolves when nothing is under way. */
  async idle(): Promise<void> {
    while (this.running.size > 0) await Promise.all(this.running);
  }

  private async guarded(what: string, work: () => Promise<unknown>): Promise<void> {
    try {
      await work();
    } catch (thrown) {
      const report = ReplicationError.from(thrown).toReport();
      this.log.error({ code: report.code, report }, `${what} failed: ${report.message}`);
    }
  }
}
