import type { Health } from '../../contract/model.ts';
import type { DiskStatus, Progress, VmStatus } from '../../contract/reports.ts';
import type { SiteState } from './site-store.ts';

export type RowAction = 'sync' | 'tryAgain' | 'resume' | 'resync' | 'retry';

/** One line of the table: a VM of the host, or a protected one that the host no longer has. */
export interface VmRow {
  readonly id: string;
  readonly name: string;
  readonly sizeBytes: number;
  /** Null for a VM that is not protected. */
  readonly status: VmStatus | null;
  /** RPO now: it grows between pushes. */
  readonly rpoSeconds: number | null;
  /** The fullest log among the disks. */
  readonly fullestLog: DiskStatus['hrl'] | null;
  /** Progress of the disks that are at work, as one. */
  readonly progress: Progress | null;
  readonly action: RowAction | null;
}

const healthRank: Readonly<Record<Health, number>> = { Critical: 0, Warning: 1, Normal: 2 };

/** Of the same health, what somebody chose (a pause) comes after what happened by itself. */
const rankOf = ({ status }: VmRow): number =>
  status === null ? 3 : healthRank[status.health] + (status.paused ? 0.5 : 0);

const logShare = ({ hrl }: DiskStatus) => (hrl.thresholdBytes === 0 ? 0 : hrl.bytes / hrl.thresholdBytes);

const fullestLog = (disks: readonly DiskStatus[]): DiskStatus['hrl'] | null => {
  const tracked = disks.filter(({ hrl }) => hrl.path !== null);
  return (
    tracked.reduce<DiskStatus | null>(
      (fullest, disk) => (fullest === null || logShare(disk) > logShare(fullest) ? disk : fullest),
      null,
    )?.hrl ?? null
  );
};

const sumOf = (all: readonly Progress[], pick: (progress: Progress) => number | null): number | null => {
  const known = all.map(pick).filter((value) => value !== null);
  return known.length === 0 ? null : known.reduce((sum, value) => sum + value, 0);
};

/** What the disks do together: bytes and rates added up, the rest from the first disk that moves. */
export const joinProgress = (disks: readonly DiskStatus[]): Progress | null => {
  const all = disks.map(({ progress }) => progress).filter((progress) => progress !== null);
  const first = all.find(({ blockedOn }) => blockedOn === null) ?? all[0];
  if (first === undefined) return null;
  const doneBytes = sumOf(all, (progress) => progress.doneBytes) ?? 0;
  const skippedBytes = sumOf(all, (progress) => progress.skippedBytes) ?? 0;
  const totalBytes = sumOf(all, (progress) => progress.totalBytes) ?? 0;
  const rate = sumOf(all, (progress) => progress.rateBytesPerSecond);
  const etas = all.map(({ etaSeconds }) => etaSeconds).filter((eta) => eta !== null);
  return {
    ...first,
    doneBytes,
    skippedBytes,
    totalBytes,
    rateBytesPerSecond: rate,
    etaSeconds: etas.length === 0 ? null : Math.max(...etas),
    resumedAt: all.find(({ resumedAt }) => resumedAt !== null)?.resumedAt ?? null,
  };
};

/** The first copy runs as it should: incomplete, but no trouble. */
export const isFirstCopy = ({ lastSyncAt, paused, retry, healthReasons }: VmStatus): boolean =>
  lastSyncAt === null && !paused && retry === null && healthReasons.every(({ code }) => code === undefined);

/** The one action that helps now. */
export const actionFor = (status: VmStatus): RowAction | null => {
  if (status.state === 'WaitingForStartResynchronize') return 'resync';
  if (status.paused) return 'resume';
  if (status.retry !== null) return 'retry';
  if (status.state === 'Error') return 'tryAgain';
  return status.state === 'Replicating' && status.activity === null ? 'sync' : null;
};

/** What of a line follows from the status alone: told once for each status, however often the table is drawn. */
const lineOf = (status: VmStatus): Omit<VmRow, 'rpoSeconds'> => {
  const known = lines.get(status);
  if (known !== undefined) return known;
  const { id, name, disks } = status;
  const line = {
    id,
    name,
    sizeBytes: disks.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0),
    status,
    fullestLog: fullestLog(disks),
    progress: joinProgress(disks),
    action: actionFor(status),
  };
  lines.set(status, line);
  return line;
};
const lines = new WeakMap<VmStatus, Omit<VmRow, 'rpoSeconds'>>();

const byName = new Intl.Collator().compare;

/** The table's lines, worst first, then by name; VMs without protection last. */
export const vmRows = (site: Pick<SiteState, 'statuses' | 'summaries'>, nowMs: number): readonly VmRow[] => {
  const protectedRows = [...site.statuses.values()].map(
    ({ status, receivedAtMs }): VmRow => ({
      ...lineOf(status),
      rpoSeconds:
        status.rpoSeconds === null ? null : status.rpoSeconds + Math.max(0, nowMs - receivedAtMs) / 1000,
    }),
  );
  const otherRows = site.summaries
    .filter((summary) => !site.statuses.has(summary.id) && !summary.protected)
    .map(
      ({ id, name, sizeBytes }): VmRow => ({
        id,
        name,
        sizeBytes,
        status: null,
        rpoSeconds: null,
        fullestLog: null,
        progress: null,
        action: null,
      }),
    );
  return [...protectedRows, ...otherRows].sort((a, b) => rankOf(a) - rankOf(b) || byName(a.name, b.name));
};
