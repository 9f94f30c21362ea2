import type { Store } from '../store/store.ts';
import type { VaultKeeper } from './vault-keeper.ts';

interface Known {
  readonly protectedAtMs: number;
  readonly locations: ReadonlyMap<string, string>;
}

/** Where each replica of a VM is, for people; asked of the vault once and remembered, so that a status costs no round trip. */
export class ReplicaLocations {
  private readonly store: Store;
  private readonly vaults: VaultKeeper;
  private readonly known = new Map<string, Known>();

  constructor(store: Store, vaults: VaultKeeper) {
    this.store = store;
    this.vaults = vaults;
  }

  /** Disk id → path or URL. Empty until the first replica is complete, or while the vault cannot be asked. */
  async of(vmId: string): Promise<ReadonlyMap<string, string>> {
    const record = this.store.protections.get(vmId);
    if (record === null || record.committedCut === 0) return new Map();
    const { protectedAtMs, vaultName } = record;
    const known = this.known.get(vmId);
    // Of this protection, not of an earlier one into another vault.
    if (known?.protectedAtMs === protectedAtMs) return known.locations;
    const locations = await this.ask(vaultName, vmId);
    if (locations !== null) this.known.set(vmId, { protectedAtMs, locations });
    return locations ?? new Map();
  }

  private async ask(vaultName: string, vmId: string): Promise<ReadonlyMap<string, string> | null> {
    try {
      return await this.vaults.with(vaultName, async (vault) => {
        const reader = await vault.readVm(vmId);
        try {
          return new Map((await reader.diskStates()).map(({ diskId, location }) => [diskId, location]));
        } finally {
          await reader.close();
        }
      });
    } catch {
      // A status must not fail because a vault is away: the replication's own attempts report that.
      return null;
    }
  }
}
