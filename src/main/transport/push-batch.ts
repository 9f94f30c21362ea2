import type { EnginePush } from '../../contract/events.ts';

/** How often at most a page is pushed to. */
const batchMs = 250;

/** Pushes about the same thing replace one another: each carries the whole report. */
const subjectOf = (push: EnginePush): string => {
  switch (push.kind) {
    case 'status':
      return `vm ${push.status.id}`;
    case 'unprotected':
      return `vm ${push.vmId}`;
    case 'job':
      return `job ${push.job.id}`;
    case 'event':
      return `event ${push.event.id}`;
    case 'deviceCode':
      return `device code ${push.code.vault}`;
    case 'notification':
      return `notification ${push.notification.id}`;
  }
};

/** Collects an engine's pushes and hands them on four times a second, the newest of each subject. */
export class PushBatch {
  readonly #pending = new Map<string, EnginePush>();
  readonly #send: (pushes: readonly EnginePush[]) => void;
  #timer: NodeJS.Timeout | null = null;

  constructor(send: (pushes: readonly EnginePush[]) => void) {
    this.#send = send;
  }

  add(push: EnginePush): void {
    const subject = subjectOf(push);
    // Deleted first, so that the order is that of the newest pushes.
    this.#pending.delete(subject);
    this.#pending.set(subject, push);
    this.#timer ??= setTimeout(() => {
      this.#timer = null;
      const pushes = [...this.#pending.values()];
      this.#pending.clear();
      this.#send(pushes);
    }, batchMs);
  }

  /** Drops what was not sent yet. */
  stop(): void {
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#timer = null;
    this.#pending.clear();
  }
}
