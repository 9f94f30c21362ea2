import { ReplicationError } from '../../contract/errors.ts';
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
    const { context } = this;
    if (context === null) return;
    // The timer stays set until its flush is done: two flushes could overtake each other.
    this.timer ??= setTimeout(() => {
      context.background.run('Telling the watchers', async () => {
        try {
          await this.flush(context);
        } finally {
          this.timer = null;
          if (this.changedVms.size > 0) this.changed([...this.changedVms][0]!);
        }
      });
    }, intervalMs).unref();
  }

  close(): void {
    if (this.timer !== null) clearTimeout(this.timer);
    this.context = null;
  }

  private async flush(context: ConsoleContext): Promise<void> {
    const vmIds = [...this.changedVms];
    this.changedVms.clear();
    for (const vmId of vmIds) {
      if (this.context === null) return;
      const push = await this.pushOf(context, vmId);
      this.push(push);
    }
  }

  private async pushOf(context: ConsoleContext, vmId: string): Promise<EnginePush> {
    try {
      return { kind: 'status', status: await vmStatus(context, vmId) };
    } catch (error) {
      if (error instanceof ReplicationError && error.code === 'VM_NOT_PROTECTED') {
        return { kind: 'unprotected', vmId };
      }
      throw error;
    }
  }
}
