import { create } from 'zustand';
import type { EnginePush } from '../../contract/events.ts';
import type { EngineReport, HostReport, StatusReport, VmStatus, VmSummary } from '../../contract/reports.ts';
import type { ConnectionState } from '../connection/engine-connection.ts';

/** A status and when it came, so that ages can be told between pushes. */
export interface ReceivedStatus {
  readonly status: VmStatus;
  readonly receivedAtMs: number;
}

export interface SiteState {
  readonly connection: ConnectionState;
  /** Null until the engine told; a host that was never chosen is `'none'`. */
  readonly host: HostReport | 'none' | null;
  readonly engine: EngineReport | null;
  /** VMs on the host, protected or not. */
  readonly summaries: readonly VmSummary[];
  /** By id of the VM. */
  readonly statuses: ReadonlyMap<string, ReceivedStatus>;
  /** What the last action was refused for. */
  readonly problem: string | null;
}

export const emptySite: SiteState = {
  connection: 'connecting',
  host: null,
  engine: null,
  summaries: [],
  statuses: new Map(),
  problem: null,
};

export const withStatusReport = (site: SiteState, report: StatusReport, nowMs: number): SiteState => ({
  ...site,
  statuses: new Map(report.vms.map((status) => [status.id, { status, receivedAtMs: nowMs }])),
});

/** The site after a batch of pushes. Jobs and events have views of their own later. */
export const withPushes = (site: SiteState, pushes: readonly EnginePush[], nowMs: number): SiteState => {
  const statuses = new Map(site.statuses);
  for (const push of pushes) {
    if (push.kind === 'status') statuses.set(push.status.id, { status: push.status, receivedAtMs: nowMs });
    if (push.kind === 'unprotected') statuses.delete(push.vmId);
  }
  return { ...site, statuses };
};

export const useSite = create<SiteState>(() => emptySite);
