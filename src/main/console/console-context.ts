import type { Alerts } from '../alerts/alerts.ts';
import type { ReplicationEngine } from '../replication/engine.ts';
import type { EngineContext } from '../replication/engine-context.ts';
import type { HostKeeper } from './host-keeper.ts';
import type { VaultKeeper } from './vault-keeper.ts';

/** What the request handlers work with. */
export interface ConsoleContext extends EngineContext {
  readonly engine: ReplicationEngine;
  readonly hostKeeper: HostKeeper;
  readonly vaults: VaultKeeper;
  readonly alerts: Alerts;
  readonly dataDirectory: string;
  readonly logPath: string;
  readonly startedAtMs: number;
  /** Disk id → where its replica is, path or URL. */
  replicaLocations(vmId: string): Promise<ReadonlyMap<string, string>>;
}
