import type { Host } from '../host/host.ts';
import type { Clock } from '../platform/clock.ts';
import type { Log } from '../platform/log.ts';
import type { VolumeSpace } from '../platform/volume.ts';
import type { Store } from '../store/store.ts';
import type { VaultWriter } from '../vault/replica-vault.ts';
import type { VaultSpec } from '../workers/protocol.ts';
import type { WorkerPool } from '../workers/worker-pool.ts';
import type { EngineSettings } from './engine-settings.ts';
import type { BackgroundWork } from './jobs/background-work.ts';
import type { JobRunner } from './jobs/job-runner.ts';
import type { EventLog } from './reports/event-log.ts';
import type { StatisticsKeeper } from './reports/statistics-keeper.ts';
import type { Stumbles } from './reports/stumbles.ts';
import type { TrafficCounters } from './reports/traffic.ts';
import type { BandwidthLimit } from './shipping/bandwidth-limit.ts';
import type { LogGrowth } from './tracking/log-growth.ts';
import type { VaultPresence } from './vault-presence.ts';
import type { VolumeRoom } from './volume-room.ts';

/** What every part of the engine works with. */
export interface EngineContext {
  readonly store: Store;
  readonly clock: Clock;
  readonly pool: WorkerPool;
  readonly log: Log;
  readonly settings: EngineSettings;
  readonly bandwidth: BandwidthLimit;
  readonly events: EventLog;
  readonly jobs: JobRunner;
  readonly background: BackgroundWork;
  readonly statistics: StatisticsKeeper;
  readonly stumbles: Stumbles;
  readonly traffic: TrafficCounters;
  readonly logGrowth: LogGrowth;
  readonly volumes: VolumeRoom;
  readonly vaultPresence: VaultPresence;
  /** This installation, as vaults know it. */
  readonly installation: VaultWriter;
  /** Digest tables live here, one directory a VM. */
  readonly trackingDirectory: string;
  /** Asks a volume for its room. @throws ReplicationError `DISK_NOT_FOUND`, `DISK_ACCESS_DENIED`, `DISK_READ_FAILED` */
  space(path: string): Promise<VolumeSpace>;
  /** @throws ReplicationError `HOST_NOT_SET` */
  host(): Host;
  /** What it takes to open a vault, sign-in included: for workers only. @throws ReplicationError `VAULT_UNKNOWN` */
  vault(name: string): VaultSpec;
  /** The warning about a vault's sign-in that ends soon or has ended; null when there is none. */
  signInEnds(vaultName: string): { readonly text: string; readonly sinceMs: number } | null;
  /** Tells a change of the VM's health, if it has changed. */
  lookAtHealth(vmId: string): void;
  /** Tells watchers, soon and not more often than they can read. */
  statusChanged(vmId: string): void;
}
