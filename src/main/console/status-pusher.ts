import type { EnginePush } from '../../contract/events.ts';
import type { ConsoleContext } from './console-context.ts';
import { vmStatus } from './vm-status.ts';

/** A view is told at most four times a second. */
const intervalMs = 250;

/** Tells watchers of changed VMs, coalesced: however often a VM changes, its newest status goes out once an interval. */
export class StatusPusher {
  private readonly push: (push: EnginePush) => void;
  private readonly changedVms = new Set<string>();
  private context: ConsoleContext | null = null;
  private timer: NodeJS.Timeout | null = null;

  constructor(push: (push: EnginePush) => void) {
    this.push = push;
  }

  attach(context: ConsoleContext): void {
    this.context = context;
  }

  changed(vmId: string): void {
    this.changedVms.add(vmId);
    this.timer ??= setTimeout(() => void this.flush(), intervalMs).unref();
  }

  close(): void {
    if (this.timer !== null) clearTimeout(this.timer);
    this.context = null;
  }

  private async flush(): Promise<void> {
    this.timer = null;
    const vmIds = [...this.changedVms];
    this.changedVms.clear();
    for (const vmId of vmIds) {
      const { context } = this;
      if (context === null) return;
      if (context.store.protections.get(vmId) === null) this.push({ kind: 'unprotected', vmId });
      else this.push({ kind: 'status', status: await vmStatus(context, vmId) });
    }
  }
}
