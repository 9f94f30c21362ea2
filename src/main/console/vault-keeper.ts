import { randomUUID } from 'node:crypto';
import { ReplicationError } from '../../contract/errors.ts';
import type { VaultCheckReport, VaultReport, VaultVmReport } from '../../contract/reports.ts';
import type { Clock } from '../platform/clock.ts';
import type { VaultRecord } from '../store/records.ts';
import type { Store } from '../store/store.ts';
import { createReplicaVault, openReplicaVault } from '../vault/open-vault.ts';
import type { ReplicaVault } from '../vault/replica-vault.ts';

/** The vaults that this console knows by name. */
export class VaultKeeper {
  private readonly store: Store;
  private readonly clock: Clock;

  constructor(store: Store, clock: Clock) {
    this.store = store;
    this.clock = clock;
  }

  /** @throws VAULT_UNKNOWN */
  get(name: string): VaultRecord {
    const record = this.store.vaults.get(name);
    if (record !== null) return record;
    const known =
      this.store.vaults
        .list()
        .map((vault) => vault.name)
        .join(', ') || 'none';
    throw new ReplicationError('VAULT_UNKNOWN', `There is no vault "${name}"; known vaults: ${known}.`);
  }

  /** Opens the vault, hands it to `use` and lets it go. */
  async with<T>(name: string, use: (vault: ReplicaVault) => Promise<T>): Promise<T> {
    const { kind, target, vaultId } = this.get(name);
    const vault = openReplicaVault({ kind, target, vaultId });
    try {
      return await use(vault);
    } finally {
      await vault.close();
    }
  }

  /** Creates the vault if the target is new, or opens the one that is there. */
  async add(name: string, target: string): Promise<VaultReport> {
    if (this.store.vaults.get(name) !== null) {
      throw new ReplicationError('VAULT_NAME_TAKEN', `There is a vault called "${name}" already.`);
    }
    const vault = await createReplicaVault(target);
    try {
      const { vaultId, kind } = await vault.info();
      const twin = this.store.vaults.list().find((known) => known.vaultId === vaultId);
      if (twin !== undefined) {
        throw new ReplicationError(
          'VAULT_NAME_TAKEN',
          `${target} is known already, as the vault "${twin.name}".`,
        );
      }
      this.store.vaults.put({ id: randomUUID(), name, kind, target, vaultId, addedAtMs: this.clock.now() });
    } finally {
      await vault.close();
    }
    return this.report(this.get(name));
  }

  list(): Promise<VaultReport[]> {
    return Promise.all(this.store.vaults.list().map((record) => this.report(record)));
  }

  async check(name: string): Promise<VaultCheckReport> {
    const { target } = this.get(name);
    const checks = await this.with(name, (vault) => vault.check());
    return { name, target, passed: checks.every(({ passed }) => passed), checks };
  }

  private async report(record: VaultRecord): Promise<VaultReport> {
    const { name, kind, target, vaultId } = record;
    const known = { name, kind, target, vaultId, addedAt: new Date(record.addedAtMs).toISOString() };
    try {
      return await this.with(name, async (vault) => {
        const { freeBytes, totalBytes } = await vault.info();
        const vms: VaultVmReport[] = [];
        for (const vm of await vault.listVms()) vms.push(await vaultVmReport(vault, vm.vmId));
        return { ...known, reachable: true, freeBytes, totalBytes, vms, error: null };
      });
    } catch (error) {
      const report = ReplicationError.from(error, { file: target }).toReport();
      return { ...known, reachable: false, freeBytes: null, totalBytes: null, vms: [], error: report };
    }
  }
}

const vaultVmReport = async (vault: ReplicaVault, vmId: string): Promise<VaultVmReport> => {
  const reader = await vault.readVm(vmId);
  try {
    const { vm } = reader;
    const points = await reader.points();
    const newest = points.at(-1);
    return {
      id: vm.vmId,
      name: vm.name,
      writer: vm.writer.name,
      disks: vm.disks.length,
      points: points.length,
      newestPointAt: newest === undefined ? null : new Date(newest.takenAtMs).toISOString(),
    };
  } finally {
    await reader.close();
  }
};
