import { ReplicationError } from '../../../contract/errors.ts';
import type { ReplicaContent } from '../../vault/replica-vault.ts';
import type { ReplicaSpec } from '../protocol.ts';

interface OpenBaseline {
  /** Null where the vault's replica cannot be read quickly, or not at all. */
  readonly content: ReplicaContent | null;
  close(): Promise<void>;
}

const none: OpenBaseline = { content: null, close: async () => undefined };

/**
 * The replica as a yardstick for narrowing a changed block to the pages that changed. Opened when the first change is
 * found: most scans find none. A vault that cannot be read costs precision, not the cycle.
 */
export class ScanBaseline {
  private readonly spec: ReplicaSpec | null;
  private readonly diskId: string;
  private opened: Promise<OpenBaseline> | null = null;

  constructor(spec: ReplicaSpec | null, diskId: string) {
    this.spec = spec;
    this.diskId = diskId;
  }

  /** Fills `target` with what the replica holds at `offset`; false when there is nothing to read it from. */
  async read(target: Buffer, offset: number): Promise<boolean> {
    this.opened ??= this.open();
    const { content } = await this.opened;
    await content?.read(target, offset);
    return content !== null;
  }

  async close(): Promise<void> {
    const { close } = (await this.opened) ?? none;
    await close();
  }

  private async open(): Promise<OpenBaseline> {
    if (this.spec === null) return none;
    // Loaded no sooner either: it takes longer than starting the thread.
    const { openReplicaVault } = await import('../../vault/open-vault.ts');
    const vault = await openReplicaVault(this.spec.vault);
    try {
      const replica = await vault.readVm(this.spec.vmId);
      const content = await replica.openBaseline(this.diskId);
      return {
        content,
        close: async () => {
          await content?.close();
          await replica.close();
          await vault.close();
        },
      };
    } catch (error) {
      await vault.close();
      if (error instanceof ReplicationError && error.code.startsWith('VAULT_')) return none;
      throw error;
    }
  }
}
