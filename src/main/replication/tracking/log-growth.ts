import type { ProtectedDiskRecord } from '../../store/records.ts';
import { forecastThreshold, type LogSize, recentMs } from './log-projection.ts';

/** The recent sizes of all logs, so that every status can say when a log will be too large. */
export class LogGrowth {
  private readonly sizes = new Map<string, LogSize[]>();

  note({ vmId, diskId, hrl }: Pick<ProtectedDiskRecord, 'vmId' | 'diskId' | 'hrl'>, atMs: number): void {
    const key = `${vmId} ${diskId}`;
    const recent = (this.sizes.get(key) ?? []).filter((size) => Math.abs(atMs - size.atMs) <= recentMs);
    this.sizes.set(key, [...recent, { atMs, bytes: hrl.bytes }]);
  }

  /** When a disk's logs reach `thresholdBytes` at the recent rate; null while they do not grow. */
  thresholdAtMs(
    { vmId, diskId }: Pick<ProtectedDiskRecord, 'vmId' | 'diskId'>,
    thresholdBytes: number,
  ): number | null {
    const sizes = this.sizes.get(`${vmId} ${diskId}`) ?? [];
    return forecastThreshold(sizes, thresholdBytes)?.thresholdAtMs ?? null;
  }
}
