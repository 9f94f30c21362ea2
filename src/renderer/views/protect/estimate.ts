import type { JobReport } from '../../../contract/job-reports.ts';
import type { Settings } from '../../../contract/settings.ts';
import type { ReceivedStatus } from '../../stores/site-store.ts';

/** Less than that says nothing of a rate. */
const leastSampleBytes = 16 * 2 ** 20;
/** Of the newest copies the middle one counts. */
const samples = 5;
/** What a small site has when nothing was measured yet: a disk or a share in the house, and a line of 100 Mbit/s. */
const assumedRates = { directory: 80 * 2 ** 20, azure: 12_500_000 } as const;

export interface CopyEstimate {
  readonly seconds: number;
  readonly bytesPerSecond: number;
  /** Where the rate comes from: earlier copies into the vault, a guess, or the bandwidth limit that is below both. */
  readonly basis: 'measured' | 'assumed' | 'limited';
}

interface Known {
  readonly jobs: Iterable<JobReport>;
  readonly statuses: ReadonlyMap<string, ReceivedStatus>;
  readonly bandwidth: Settings['bandwidth'] | null;
}

const measuredRate = (vault: string, { jobs, statuses }: Known): number | null => {
  const rates = [...jobs]
    .filter(({ vmId }) => statuses.get(vmId)?.status.vault === vault)
    .sort((a, b) => b.id - a.id)
    .flatMap(({ result }) =>
      result !== null &&
      (result.kind === 'initial' || result.kind === 'cycle' || result.kind === 'resync') &&
      result.sentBytes >= leastSampleBytes &&
      result.durationMs > 0
        ? [(result.sentBytes / result.durationMs) * 1000]
        : [],
    )
    .slice(0, samples)
    .sort((a, b) => a - b);
  return rates[Math.floor(rates.length / 2)] ?? null;
};

/**
 * How long a first copy of `bytes` takes at most: at the rate that earlier copies into the vault had, else at one that is
 * usual, and never faster than the lower of the bandwidth limits.
 */
export const estimateCopy = (
  bytes: number,
  vault: { readonly name: string; readonly kind: 'directory' | 'azure' },
  known: Known,
): CopyEstimate => {
  const measured = measuredRate(vault.name, known);
  const rate = measured ?? assumedRates[vault.kind];
  const limits = [known.bandwidth?.workHoursBps, known.bandwidth?.otherBps]
    .filter((limit) => limit !== null && limit !== undefined)
    .map((bits) => bits / 8);
  const limit = Math.min(...limits);
  const bytesPerSecond = Math.min(rate, limit);
  return {
    seconds: bytes / bytesPerSecond,
    bytesPerSecond,
    basis: limit < rate ? 'limited' : measured === null ? 'assumed' : 'measured',
  };
};
