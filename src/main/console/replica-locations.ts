import { ReplicationError } from '../../contract/errors.ts';
import type { Clock } from '../platform/clock.ts';
import type { ProtectedDiskRecord, ProtectionRecord } from '../store/records.ts';
import type { Store } from '../store/store.ts';
import type { VaultKeeper } from './vault-keeper.ts';

/** For so long a vault, or a VM's part of it, that did not answer is not asked again, unless it confirms a cut meanwhile. */
const failureMs = 30_000;

/** For so long a status waits for a vault; what it answers later is for the next one. */
const patienceMs = 300;

/**
 * Where each replica of a VM is, for people. The vault is asked once for each lineage of a disk and the answer kept in the
 * disk's record, so that a status costs no round trip, and a vault that is away or never answers changes nothing.
 */
export class ReplicaLocations {
  private readonly store: Store;
  private readonly vaults: Pick<VaultKeeper, 'with'>;
  private readonly clock: Clock;
  /** Vaults and VMs that did not answer, and when. */
  private readonly failures = new Map<string, number>();
  /** VM → the cut that the vault had confirmed when the VM was last looked at. */
  private readonly confirmedCuts = new Map<string, number>();
  /** VMs that are asked about, each with its answer. */
  private readonly asking = new Map<string, Promise<void>>();
  /** The last question to each vault: one at a time. */
  private readonly lastAsked = new Map<string, Promise<void>>();
  /** Vaults that made somebody wait for nothing and have not answered since. */
  private readonly silent = new Set<string>();
  private isClosed = false;

  constructor(store: Store, vaults: Pick<VaultKeeper, 'with'>, clock: Clock) {
    this.store = store;
    this.vaults = vaults;
    this.clock = clock;
  }

  /**
   * Disk id → path or URL, within moments. Empty until the first replica is complete; the last one known while the vault
   * cannot be asked or has not answered yet.
   */
  async of(vmId: string): Promise<ReadonlyMap<string, string>> {
    const record = this.store.protections.get(vmId);
    if (record === null) return new Map();
    this.noteConfirmed(record);
    if (record.committedCut === 0) return new Map();
    if (this.mustAsk(record.vaultName, vmId))
      await this.inPatience(record.vaultName, this.learn(record.vaultName, vmId));
    return new Map(
      this.disksOf(vmId).flatMap(({ diskId, replica }) =>
        replica === undefined ? [] : [[diskId, replica.location] as const],
      ),
    );
  }

  /** What is answered from now on is forgotten: the store is about to be closed. */
  close(): void {
    this.isClosed = true;
  }

  /** A vault that has confirmed another cut answers again. */
  private noteConfirmed({ vmId, vaultName, committedCut }: ProtectionRecord): void {
    if ((this.confirmedCuts.get(vmId) ?? committedCut) !== committedCut) {
      this.failures.delete(vaultOf(vaultName));
      this.failures.delete(vmId);
    }
    this.confirmedCuts.set(vmId, committedCut);
  }

  private mustAsk(vaultName: string, vmId: string): boolean {
    return this.hasUnknown(vmId) && !this.hasFailed(vaultOf(vaultName)) && !this.hasFailed(vmId);
  }

  /** Resolves with the answer, or when it took too long; at once where it took too long already. */
  private async inPatience(vaultName: string, answer: Promise<void>): Promise<void> {
    if (this.silent.has(vaultName)) return;
    const answered = new AbortController();
    const over = this.clock.wait(patienceMs, answered.signal).then(() => {
      if (!answered.signal.aborted) this.silent.add(vaultName);
    });
    await Promise.race([answer, over]);
    answered.abort();
  }

  /** Asks the vault about the VM when its turn comes. Never throws. */
  private learn(vaultName: string, vmId: string): Promise<void> {
    const running = this.asking.get(vmId);
    if (running !== undefined) return running;
    const before = this.lastAsked.get(vaultName) ?? Promise.resolve();
    const learned = before.then(async () => {
      // Whoever was asked about before may have shown that the vault is away.
      if (!this.isClosed && this.mustAsk(vaultName, vmId)) await this.learnNow(vaultName, vmId);
      this.silent.delete(vaultName);
      this.asking.delete(vmId);
    });
    this.asking.set(vmId, learned);
    this.lastAsked.set(vaultName, learned);
    return learned;
  }

  private async learnNow(vaultName: string, vmId: string): Promise<void> {
    let locations: ReadonlyMap<string, string>;
    try {
      locations = await this.ask(vaultName, vmId);
    } catch (thrown) {
      // A status must not fail because a vault is away: the replication's own attempts report that.
      const isMissing = ReplicationError.from(thrown).code === 'REPLICA_MISSING';
      this.failures.set(isMissing ? vmId : vaultOf(vaultName), this.clock.now());
      return;
    }
    if (this.isClosed) return;
    for (const disk of this.disksOf(vmId)) {
      const { diskId, lineage, phase } = disk;
      const location = locations.get(diskId);
      if (location !== undefined && lineage !== null && phase === 'complete')
        this.store.protectedDisks.put({ ...disk, replica: { location, lineage } });
    }
    // A disk that the vault does not know is no reason to ask again at once.
    if (this.hasUnknown(vmId)) this.failures.set(vmId, this.clock.now());
  }

  private ask(vaultName: string, vmId: string): Promise<ReadonlyMap<string, string>> {
    return this.vaults.with(vaultName, async (vault) => {
      const reader = await vault.readVm(vmId);
      try {
        return new Map((await reader.diskStates()).map(({ diskId, location }) => [diskId, location]));
      } finally {
        await reader.close();
      }
    });
  }

  private hasUnknown(vmId: string): boolean {
    return this.disksOf(vmId).some((disk) => disk.phase === 'complete' && !isCurrent(disk));
  }

  private disksOf(vmId: string): ProtectedDiskRecord[] {
    return this.store.protectedDisks.list(vmId).filter(({ excluded }) => !excluded);
  }

  private hasFailed(key: string): boolean {
    const failedAtMs = this.failures.get(key);
    if (failedAtMs === undefined) return false;
    if (Math.abs(this.clock.now() - failedAtMs) < failureMs) return true;
    this.failures.delete(key);
    return false;
  }
}

const isCurrent = ({ replica, lineage }: ProtectedDiskRecord): boolean =>
  replica !== undefined && replica.lineage === lineage;

const vaultOf = (vaultName: string): string => `vault ${vaultName}`;
