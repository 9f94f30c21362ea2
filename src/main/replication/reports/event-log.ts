import { type ErrorCode, errorCatalogue } from '../../../contract/error-catalogue.ts';
import type { ErrorReport } from '../../../contract/errors.ts';
import type { EnginePush } from '../../../contract/events.ts';
import type { EventReport } from '../../../contract/reports.ts';
import type { Clock } from '../../platform/clock.ts';
import type { Log } from '../../platform/log.ts';
import type { EventRecord, Numbered } from '../../store/records.ts';
import type { Store } from '../../store/store.ts';

export interface EventSubject {
  readonly vmId?: string;
  readonly vm?: string;
  readonly disk?: string;
  readonly code?: ErrorCode;
}

/** Everything worth telling, in the store, in the log file and to whoever watches. */
export class EventLog {
  private readonly store: Store;
  private readonly clock: Clock;
  private readonly log: Log;
  private readonly push: (push: EnginePush) => void;

  constructor(store: Store, clock: Clock, log: Log, push: (push: EnginePush) => void) {
    this.store = store;
    this.clock = clock;
    this.log = log;
    this.push = push;
  }

  info(text: string, subject: EventSubject = {}): void {
    this.add('info', text, subject);
  }

  warning(text: string, subject: EventSubject = {}): void {
    this.add('warning', text, subject);
  }

  error(error: ErrorReport, subject: EventSubject = {}): void {
    const file = error.file === undefined ? {} : { disk: error.file };
    this.add('error', error.message, { ...file, ...subject, code: error.code }, error);
  }

  private add(level: EventRecord['level'], text: string, subject: EventSubject, error?: ErrorReport): void {
    const record: EventRecord = {
      atMs: this.clock.now(),
      level,
      code: subject.code ?? null,
      vmId: subject.vmId ?? null,
      vm: subject.vm ?? null,
      disk: subject.disk ?? null,
      text,
    };
    const id = this.store.events.add(record);
    const details = { ...subject, ...(error === undefined ? {} : { report: error }) };
    if (level === 'info') this.log.info(details, text);
    else if (level === 'warning') this.log.warn(details, text);
    else this.log.error(details, text);
    this.push({ kind: 'event', event: eventReport({ ...record, id }) });
  }
}

export const eventReport = (record: Numbered<EventRecord>): EventReport => ({
  id: record.id,
  at: new Date(record.atMs).toISOString(),
  level: record.level,
  code: record.code,
  class: record.code === null ? null : errorCatalogue[record.code].class,
  vmId: record.vmId,
  vm: record.vm,
  disk: record.disk,
  text: record.text,
});
