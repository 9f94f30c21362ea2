import { ReplicationError } from '../../contract/errors.ts';
import type { EngineContext } from './engine-context.ts';
import { VmReplicator } from './vm-replicator.ts';

/** All protected VMs of this host. */
export class ReplicationEngine {
  private readonly context: EngineContext;
  private readonly replicators = new Map<string, VmReplicator>();
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
    for (const { vmId } of this.context.store.protections.list()) this.replicator(vmId).start();
  }

  async stop(): Promise<void> {
    this.started = false;
    await Promise.all([...this.replicators.values()].map((replicator) => replicator.stop()));
  }

  /** @throws VM_NOT_PROTECTED */
  replicator(vmId: string): VmReplicator {
    const known = this.replicators.get(vmId);
    if (known !== undefined) return known;
    if (this.context.store.protections.get(vmId) === null) {
      throw new ReplicationError('VM_NOT_PROTECTED', 'The VM is not protected.');
    }
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

  /** Stops replicating a VM for good. */
  async removed(vmId: string): Promise<void> {
    await this.replicators.get(vmId)?.stop();
    this.replicators.delete(vmId);
  }
}
