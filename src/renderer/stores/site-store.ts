import { create } from 'zustand';
import type { EnginePush } from '../../contract/events.ts';
import type { HostReport, VmSummary } from '../../contract/host-reports.ts';
import type { JobReport } from '../../contract/job-reports.ts';
import type { EngineReport, EventReport, StatusReport, VmStatus } from '../../contract/reports.ts';
import type { VaultReport } from '../../contract/vault-reports.ts';
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
  /** When marked VMs are resynchronized next; null while the window is off or the engine has not told. */
  readonly nextWindowAt: string | null;
  /** Null until the engine told. */
  readonly vaults: readonly VaultReport[] | null;
  /** By id; null until the engine told. */
  readonly jobs: ReadonlyMap<number, JobReport> | null;
  /** Oldest first; null until the engine told. */
  readonly events: readonly EventReport[] | null;
}

export const emptySite: SiteState = {
  connection: 'connecting',
  host: null,
  engine: null,
  summaries: [],
  statuses: new Map(),
  nextWindowAt: null,
  vaults: null,
  jobs: null,
  events: null,
};

/** How many jobs and events the page remembers; the engine has the rest. */
export const rememberedJobs = 500;
export const rememberedEvents = 1000;

export const withStatusReport = (site: SiteState, report: StatusReport, nowMs: number): SiteState => ({
  ...site,
  nextWindowAt: report.nextWindowAt,
  statuses: new Map(report.vms.map((status) => [status.id, { status, receivedAtMs: nowMs }])),
});

const withJobs = (
  jobs: SiteState['jobs'],
  pushed: readonly JobReport[],
): ReadonlyMap<number, JobReport> | null => {
  if (jobs === null || pushed.length === 0) return jobs;
  const next = new Map(jobs);
  for (const job of pushed) next.set(job.id, job);
  if (next.size <= rememberedJobs) return next;
  return new Map([...next].sort(([a], [b]) => a - b).slice(-rememberedJobs));
};

const withEvents = (
  events: SiteState['events'],
  pushed: readonly EventReport[],
): readonly EventReport[] | null => {
  if (events === null || pushed.length === 0) return events;
  const newest = events.at(-1)?.id ?? 0;
  return [...events, ...pushed.filter(({ id }) => id > newest)].slice(-rememberedEvents);
};

/** The site after a batch of pushes. What did not change stays the same object. */
export const withPushes = (site: SiteState, pushes: readonly EnginePush[], nowMs: number): SiteState => {
  const statuses = new Map(site.statuses);
  const jobs: JobReport[] = [];
  const events: EventReport[] = [];
  for (const push of pushes) {
    if (push.kind === 'status') statuses.set(push.status.id, { status: push.status, receivedAtMs: nowMs });
    if (push.kind === 'unprotected') statuses.delete(push.vmId);
    if (push.kind === 'job') jobs.push(push.job);
    if (push.kind === 'event') events.push(push.event);
  }
  const touched = pushes.some(({ kind }) => kind === 'status' || kind === 'unprotected');
  return {
    ...site,
    statuses: touched ? statuses : site.statuses,
    jobs: withJobs(site.jobs, jobs),
    events: withEvents(site.events, events),
  };
};

export const useSite = create<SiteState>(() => emptySite);
