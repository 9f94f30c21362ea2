import { randomUUID } from 'node:crypto';
import { ReplicationError } from '../../contract/errors.ts';
import type { SignIn } from '../../contract/sign-in.ts';
import type { VaultCheckReport, VaultReport, VaultVmReport } from '../../contract/vault-reports.ts';
import type { Clock } from '../platform/clock.ts';
import type { VaultRecord } from '../store/records.ts';
import type { Store } from '../store/store.ts';
import {
  createReplicaVault,
  isAzureTarget,
  type KnownVault,
  openAnsweringVault,
  openExistingVault,
  openReplicaVault,
  type VaultAccess,
} from '../vault/open-vault.ts';
import type { ReplicaVault, VaultInfo } from '../vault/replica-vault.ts';
import type { SignInKeeper, VaultEntry } from './sign-in-keeper.ts';

/** For so long a list of vaults waits for the first word of each. */
const patienceMs = 10_000;

/** The vaults that this console knows by name. */
export class VaultKeeper {
  private readonly store: Store;
  private readonly clock: Clock;
  private readonly signIns: SignInKeeper;

  constructor(store: Store, clock: Clock, signIns: SignInKeeper) {
    this.store = store;
    this.clock = clock;
    this.signIns = signIns;
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
    const access = this.signIns.of(vaultId);
    const encryptionKey = this.signIns.encryptionKeyOf(vaultId);
    return {
      ...known,
      ...(access === null ? {} : { access }),
      ...(encryptionKey === null ? {} : { encryptionKey }),
    };
  }

  /** Opens the vault, hands it to `use` and lets it go. */
  async with<T>(name: string, use: (vault: ReplicaVault) => Promise<T>): Promise<T> {
    const vault = await openAnsweringVault(this.spec(name));
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

  /** Whether somebody was waited for who types a code. */
  cancelSignIn(name: string): boolean {
    return this.signIns.cancel(name);
  }

  /** Takes a new sign-in, after it was seen to open the vault. */
  async signIn(name: string, signIn: SignIn): Promise<VaultReport> {
    const { target, kind } = this.get(name);
    if (kind !== 'azure') {
      throw new ReplicationError('INPUT_INVALID', `The vault "${name}" is a directory and has no sign-in.`);
    }
    return this.remember({ name, target, signIn }, openExistingVault);
  }

  private async remember(
    entry: VaultEntry,
    open: (target: string, given: VaultAccess) => Promise<ReplicaVault>,
  ): Promise<VaultReport> {
    const { name, target, passphrase, encrypt } = entry;
    const known = this.store.vaults.get(name);
    const renewsSignIn = isAzureTarget(target) && known?.target === target;
    if (known !== null && !renewsSignIn) {
      throw new ReplicationError('VAULT_NAME_TAKEN', `There is a vault called "${name}" already.`);
    }
    const access = await this.signIns.accessFor(entry);
    const vault = await this.openWith(known, target, { access, passphrase, encrypt }, open);
    try {
      const { vaultId, kind } = await vault.info();
      const twin = this.store.vaults.list().find((each) => each.vaultId === vaultId);
      if (twin !== undefined && twin.name !== name) {
        throw new ReplicationError(
          'VAULT_NAME_TAKEN',
          `${target} is known already, as the vault "${twin.name}".`,
        );
      }
      if (known !== null && known.vaultId !== vaultId) {
        throw new ReplicationError('VAULT_FOREIGN', `${target} holds another vault than "${name}" there.`);
      }
      if (access !== undefined) this.signIns.keep(vaultId, access);
      if (vault.encryptionKey !== null) this.signIns.keepEncryptionKey(vaultId, vault.encryptionKey);
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

  /** VMs that are replicated into it know it by the new name from then on. */
  async rename(name: string, newName: string): Promise<VaultReport> {
    const record = this.get(name);
    if (newName !== name && this.store.vaults.get(newName) !== null) {
      throw new ReplicationError('VAULT_NAME_TAKEN', `There is a vault called "${newName}" already.`);
    }
    this.store.transaction(() => {
      this.store.vaults.remove(name);
      this.store.vaults.put({ ...record, name: newName });
      for (const vm of this.store.protections.list()) {
        if (vm.vaultName === name) this.store.protections.put({ ...vm, vaultName: newName });
      }
    });
    return this.report(this.get(newName));
  }

  /** Forgets the vault and its sign-in. @throws STATE_INVALID while VMs are replicated into it */
  remove(name: string): void {
    const { vaultId } = this.get(name);
    const users = this.store.protections.list().filter(({ vaultName }) => vaultName === name);
    if (users.length > 0) {
      const names = users.map((vm) => vm.name).join(', ');
      const text = `The vault "${name}" is in use: remove the protection of ${names} first.`;
      throw new ReplicationError('STATE_INVALID', text);
    }
    this.store.vaults.remove(name);
    this.signIns.forget(vaultId);
  }

  list(): Promise<VaultReport[]> {
    return Promise.all(this.store.vaults.list().map((record) => this.report(record)));
  }

  async check(name: string): Promise<VaultCheckReport> {
    const { target, vaultId } = this.get(name);
    const checks = await this.with(name, (vault) => vault.check());
    const passed = checks.every((check) => check.passed);
    return { name, target, passed, signIn: this.signIns.report(vaultId), checks };
  }

  private async report(record: VaultRecord): Promise<VaultReport> {
    const { name, kind, target, vaultId } = record;
    const addedAt = new Date(record.addedAtMs).toISOString();
    const signIn = kind === 'azure' ? this.signIns.report(vaultId) : null;
    const known = { name, kind, target, vaultId, addedAt, signIn };
    try {
      return await this.with(name, async (vault) => {
        const { freeBytes, totalBytes } = await this.answerOf(vault);
        const vms: VaultVmReport[] = [];
        for (const vm of await vault.listVms()) vms.push(await vaultVmReport(vault, vm.vmId));
        return { ...known, reachable: true, freeBytes, totalBytes, vms, error: null };
      });
    } catch (error) {
      const report = ReplicationError.from(error, { file: target }).toReport();
      return { ...known, reachable: false, freeBytes: null, totalBytes: null, vms: [], error: report };
    }
  }

  /** A list of vaults must not wait for all the patience that a transfer has. @throws VAULT_UNREACHABLE */
  private async answerOf(vault: ReplicaVault): Promise<VaultInfo> {
    const answered = new AbortController();
    const over = this.clock.wait(patienceMs, answered.signal).then(() => null);
    const info = vault.info();
    try {
      const answer = await Promise.race([info, over]);
      if (answer !== null) return answer;
    } finally {
      answered.abort();
    }
    // What it says after all is nobody's.
    info.catch(() => undefined);
    const text = `The vault ${vault.target} has not answered for ${patienceMs / 1000} seconds.`;
    throw new ReplicationError('VAULT_UNREACHABLE', text, { file: vault.target });
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
