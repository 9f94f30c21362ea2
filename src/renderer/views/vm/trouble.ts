import type { ErrorReport } from '../../../contract/errors.ts';
import type { VmStatus } from '../../../contract/reports.ts';
import { formatBytes, formatCountdown, formatPercent, formatTime } from '../../format.ts';
import { t } from '../../i18n/words.ts';
import { reasonWords } from '../../reason-words.ts';
import { engineSays } from '../../said-by-engine.ts';
import { isFirstCopy } from '../../stores/vm-rows.ts';

const whatIsSafe = ({ lastSyncAt }: VmStatus, nowMs: number): string =>
  lastSyncAt === null ? t('trouble.nothingSafe') : t('trouble.safe', { time: formatTime(lastSyncAt, nowMs) });

/** The changes that wait in the logs, against the fullest one's threshold. */
const whatIsTracked = ({ disks, lastSyncAt }: VmStatus): string | null => {
  const bytes = disks.reduce((sum, { hrl }) => sum + hrl.bytes, 0);
  if (bytes === 0 || lastSyncAt === null) return null;
  const shares = disks.map(({ hrl }) => (hrl.thresholdBytes === 0 ? 0 : hrl.bytes / hrl.thresholdBytes));
  return t('trouble.tracked', { size: formatBytes(bytes), percent: formatPercent(Math.max(...shares)) });
};

const whatIsNext = (status: VmStatus, nowMs: number): string => {
  const { retry, state, paused } = status;
  if (state === 'WaitingForStartResynchronize') return t('trouble.nextResync');
  if (state === 'Error') return t('trouble.nextError');
  if (paused) return t('trouble.nextPaused');
  if (retry !== null) {
    const seconds = (Date.parse(retry.nextAttemptAt) - nowMs) / 1000;
    return seconds <= 0 || status.activity !== null
      ? t('trouble.nextTryNow')
      : t('trouble.nextTry', {
          time: formatTime(retry.nextAttemptAt, nowMs),
          duration: formatCountdown(seconds),
        });
  }
  return state === 'WaitingForInitialReplication' ? t('trouble.nextInitial') : t('trouble.nextSelf');
};

export interface Trouble {
  readonly level: 'warning' | 'error';
  /** What happened. */
  readonly title: string;
  /** What is safe, and what happens next by itself. */
  readonly sentences: readonly string[];
  /** Further reasons of the VM's health. */
  readonly besides: readonly string[];
  readonly error: ErrorReport | null;
  /** When it began. */
  readonly since: string;
}

/** What to tell of a VM in trouble; null while all is well, or while the first copy runs as it should. */
export const troubleOf = (status: VmStatus, nowMs: number): Trouble | null => {
  const [reason, ...others] = status.healthReasons;
  if (reason === undefined || status.health === 'Normal') return null;
  const { retry, resync } = status;
  if (isFirstCopy(status)) return null;
  const error = retry?.lastError ?? status.disks.find((disk) => disk.error !== null)?.error ?? null;
  // What somebody asked for needs no preventing.
  const prevention =
    resync === null || resync.byHand
      ? []
      : [t('trouble.prevention', { text: engineSays(resync.prevention) })];
  return {
    level: status.health === 'Critical' ? 'error' : 'warning',
    title: reasonWords(reason),
    sentences: [
      whatIsSafe(status, nowMs),
      ...(status.unprotectedDisks === undefined
        ? []
        : [t('trouble.unprotected', { disks: status.unprotectedDisks.map(({ name }) => name).join(', ') })]),
      whatIsTracked(status),
      whatIsNext(status, nowMs),
      ...prevention,
    ].filter((sentence) => sentence !== null),
    besides: others.map(reasonWords),
    error,
    since: retry?.firstFailureAt ?? new Date(reason.sinceMs).toISOString(),
  };
};
