import { ReplicationError } from '../../contract/errors.ts';
import type { EngineContext } from './engine-context.ts';
import { VmReplicator } from './vm-replicator.ts';

/** All protected VMs of this host. */
export class ReplicationEngine {
  private readonly context: EngineContext;
  private readonly replicators = new Map<string, VmReplicator>();
  private readonly leaving = new Set<string>();
  private started = false;

  constructor(context: EngineContext) {
    this.context = context;
  }

  get isStarted(): boolean {
    return this.started;
  }

  /** Begins to replicate by itself and takes up what an earlier run left. */
  start(): void {
    if (this.started) return;
    this.started = true;
    for (const { vmId } of this.context.store.protections.list()) {
      if (!this.leaving.has(vmId)) this.replicator(vmId).start();
    }
  }

  /** Lets whoever sleeps look at the clock again; answers how many that were. */
  wake(): number {
    for (const replicator of this.replicators.values()) replicator.loop.wake();
    return this.replicators.size;
  }

  async stop(): Promise<void> {
    this.started = false;
    await Promise.all([...this.replicators.values()].map((replicator) => replicator.stop()));
  }

  /** @throws VM_NOT_PROTECTED, STATE_INVALID while its protection is being removed */
  replicator(vmId: string): VmReplicator {
    const record = this.context.store.protections.get(vmId);
    if (record === null) throw new ReplicationError('VM_NOT_PROTECTED', 'The VM is not protected.');
    if (this.leaving.has(vmId)) {
      throw new ReplicationError('STATE_INVALID', `The protection of ${record.name} is being removed.`, {
        vm: record.name,
      });
    }
    const known = this.replicators.get(vmId);
    if (known !== undefined) return known;
    const replicator = new VmReplicator(this.context, vmId);
    this.replicators.set(vmId, replicator);
    return replicator;
  }

  /** The replicator if there is one already: for looking, not for doing. */
  peek(vmId: string): VmReplicator | null {
    return this.replicators.get(vmId) ?? null;
  }

  /** A VM was just protected. */
  added(vmId: string): void {
    const replicator = this.replicator(vmId);
    if (this.started) replicator.start();
  }

  /**
   * Removes a VM from replication: what runs for it is cancelled, nothing new begins, then `work` removes the rest. When
   * that fails the VM is protected as before.
   */
  async remove<T>(vmId: string, work: () => Promise<T>): Promise<T> {
    const replicator = this.replicator(vmId);
    this.leaving.add(vmId);
    try {
      await replicator.leave();
      this.replicators.delete(vmId);
      return await work();
    } finally {
      this.leaving.delete(vmId);
      if (this.context.store.protections.get(vmId) !== null) this.added(vmId);
    }
  }
}
