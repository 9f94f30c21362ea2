import { randomUUID } from 'node:crypto';
import { ReplicationError } from '../../contract/errors.ts';
import type { VaultCheckReport, VaultReport, VaultVmReport } from '../../contract/vault-reports.ts';
import type { Clock } from '../platform/clock.ts';
import type { SecretStore } from '../platform/secret-store.ts';
import type { VaultRecord } from '../store/records.ts';
import type { Store } from '../store/store.ts';
import { type AzureAccess, parseConnectionString } from '../vault/azure/azure-access.ts';
import {
  createReplicaVault,
  isAzureTarget,
  type KnownVault,
  openExistingVault,
  openReplicaVault,
  type VaultAccess,
} from '../vault/open-vault.ts';
import type { ReplicaVault } from '../vault/replica-vault.ts';

/** What a person gives to add or open a vault: sign-in and passphrase are shown and written down nowhere. */
export interface VaultEntry {
  readonly name: string;
  readonly target: string;
  readonly encrypt?: boolean | undefined;
  readonly connectionString?: string | undefined;
  readonly passphrase?: string | undefined;
}

/** The vaults that this console knows by name. */
export class VaultKeeper {
  private readonly store: Store;
  private readonly clock: Clock;
  private readonly secrets: SecretStore;

  constructor(store: Store, clock: Clock, secrets: SecretStore) {
    this.store = store;
    this.clock = clock;
    this.secrets = secrets;
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

  /** What it takes to open the vault, its sign-in included. @throws VAULT_UNKNOWN */
  spec(name: string): KnownVault {
    const { kind, target, vaultId } = this.get(name);
    const known = { kind, target, vaultId };
    if (kind !== 'azure') return known;
    const secret = this.secrets.get(secretKey(vaultId));
    const encryptionKey = this.secrets.get(encryptionSecretKey(vaultId));
    return {
      ...known,
      ...(secret === null ? {} : { access: JSON.parse(secret) as AzureAccess }),
      ...(encryptionKey === null ? {} : { encryptionKey }),
    };
  }

  /** Opens the vault, hands it to `use` and lets it go. */
  async with<T>(name: string, use: (vault: ReplicaVault) => Promise<T>): Promise<T> {
    const vault = await openReplicaVault(this.spec(name));
    try {
      return await use(vault);
    } finally {
      await vault.close();
    }
  }

  /**
   * Creates the vault if the target is new, or opens the one that is there. For a storage account that is known by this
   * name already it takes the new sign-in.
   */
  add(entry: VaultEntry): Promise<VaultReport> {
    return this.remember(entry, createReplicaVault);
  }

  /** Opens the vault that is there, for an installation that does not know it yet; makes nothing. */
  open(entry: VaultEntry): Promise<VaultReport> {
    return this.remember(entry, openExistingVault);
  }

  private async remember(
    { name, target, connectionString, passphrase, encrypt }: VaultEntry,
    open: (target: string, given: VaultAccess) => Promise<ReplicaVault>,
  ): Promise<VaultReport> {
    const access = accessFor(target, connectionString);
    const known = this.store.vaults.get(name);
    const renewsSignIn = access !== undefined && known?.kind === 'azure' && known.target === target;
    if (known !== null && !renewsSignIn) {
      throw new ReplicationError('VAULT_NAME_TAKEN', `There is a vault called "${name}" already.`);
    }
    const given: VaultAccess = { access, passphrase, encrypt };
    const vault = await this.openWith(known, target, given, open);
    try {
      const { vaultId, kind } = await vault.info();
      const twin = this.store.vaults.list().find((entry) => entry.vaultId === vaultId);
      if (twin !== undefined && twin.name !== name) {
        throw new ReplicationError(
          'VAULT_NAME_TAKEN',
          `${target} is known already, as the vault "${twin.name}".`,
        );
      }
      if (known !== null && known.vaultId !== vaultId) {
        throw new ReplicationError('VAULT_FOREIGN', `${target} holds another vault than "${name}" there.`);
      }
      if (access !== undefined) this.secrets.put(secretKey(vaultId), JSON.stringify(access));
      const { encryptionKey } = vault;
      if (encryptionKey !== null) this.secrets.put(encryptionSecretKey(vaultId), encryptionKey);
      if (known === null) {
        const addedAtMs = this.clock.now();
        this.store.vaults.put({ id: randomUUID(), name, kind, target, vaultId, addedAtMs });
      }
    } finally {
      await vault.close();
    }
    return this.report(this.get(name));
  }

  /** A new sign-in for a known vault needs no passphrase again. */
  private async openWith(
    known: VaultRecord | null,
    target: string,
    given: VaultAccess,
    open: (target: string, given: VaultAccess) => Promise<ReplicaVault>,
  ): Promise<ReplicaVault> {
    if (known === null) return open(target, given);
    const spec = this.spec(known.name);
    const { access, passphrase } = given;
    if (access === undefined || passphrase !== undefined || spec.encryptionKey === undefined) {
      return openExistingVault(target, given);
    }
    return openReplicaVault({ ...spec, access });
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

const secretKey = (vaultId: string): string => `vault:${vaultId}`;
const encryptionSecretKey = (vaultId: string): string => `vault:${vaultId}:encryption`;

const accessFor = (target: string, connectionString: string | undefined): AzureAccess | undefined => {
  if (!isAzureTarget(target)) return undefined;
  if (connectionString !== undefined) return parseConnectionString(connectionString);
  throw new ReplicationError(
    'INPUT_INVALID',
    `${target} is in a storage account: set AZURE_STORAGE_CONNECTION_STRING to its connection string.`,
  );
};

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
