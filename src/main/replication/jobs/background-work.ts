import { ReplicationError } from '../../../contract/errors.ts';
import type { Log } from '../../platform/log.ts';
import type { EventLog } from '../reports/event-log.ts';

/**
 * Work that nobody waits for. Its failures are written down instead of ending the process, and an orderly stop waits for
 * what is under way.
 */
export class BackgroundWork {
  private readonly events: EventLog;
  private readonly log: Log;
  private readonly running = new Set<Promise<void>>();

  constructor(events: EventLog, log: Log) {
    this.events = events;
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
      this.tell(what, ReplicationError.from(thrown));
    }
  }

  private tell(what: string, error: ReplicationError): void {
    const report = error.toReport();
    try {
      this.events.error({ ...report, message: `${what} failed: ${report.message}` });
    } catch (thrown) {
      // The event list is in the store, which may be what failed.
      this.log.error({ report, thrown: String(thrown) }, `${what} failed: ${report.message}`);
    }
  }
}
