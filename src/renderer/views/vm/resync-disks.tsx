import type { ResyncDisk, ResyncDiskProgress } from '../../../contract/resync.ts';
import { BlockMapFigure } from '../../charts/block-map-figure.tsx';
import {
  formatBytes,
  formatDuration,
  formatExactTime,
  formatNumber,
  formatPercent,
  formatRate,
  formatTime,
} from '../../format.ts';
import { t } from '../../i18n/words.ts';

interface ResyncDisksProps {
  readonly disks: readonly (ResyncDisk | ResyncDiskProgress)[];
  readonly nowMs: number;
  readonly startedAt: string | null;
  readonly endedAt: string | null;
}

/** Short of this much time left, an estimate says nothing yet. */
const leastEtaSeconds = 5;

const figuresOf = (disk: ResyncDisk | ResyncDiskProgress): readonly string[] => {
  const { totalBlocks, comparedBlocks, sentBytes, savedBytes, resumedAt } = disk;
  const parts = [
    t('resync.compared', { done: formatNumber(comparedBlocks), total: formatNumber(totalBlocks) }),
    t('resync.sent', { size: formatBytes(sentBytes) }),
    t('resync.saved', { size: formatBytes(savedBytes) }),
  ];
  if (resumedAt !== null) parts.push(t('progress.resumedAt', { percent: formatPercent(resumedAt) }));
  if (!('etaSeconds' in disk)) return parts;
  const { compareBytesPerSecond, sendBytesPerSecond, etaSeconds } = disk;
  if (compareBytesPerSecond !== null)
    parts.push(t('resync.compareRate', { rate: formatRate(compareBytesPerSecond) }));
  if (sendBytesPerSecond !== null && sendBytesPerSecond > 0)
    parts.push(t('resync.sendRate', { rate: formatRate(sendBytesPerSecond) }));
  if (etaSeconds !== null && etaSeconds >= leastEtaSeconds)
    parts.push(t('progress.left', { duration: formatDuration(etaSeconds) }));
  return parts;
};

/** Each disk of a comparison: its state, its figures and the map of its blocks. */
export const ResyncDisks = ({ disks, nowMs, startedAt, endedAt }: ResyncDisksProps) => (
  <>
    {startedAt === null || endedAt === null ? null : (
      <p className="note" title={`${formatExactTime(startedAt)} – ${formatExactTime(endedAt)}`}>
        {t('resync.when', { from: formatTime(startedAt, nowMs), to: formatTime(endedAt, nowMs) })}
      </p>
    )}
    {disks.map((disk) => (
      <section key={disk.id} className="resync-disk" aria-label={disk.name}>
        <div className="progress-head">
          <h3>{disk.name}</h3>
          <span>{t(`resync.state.${disk.state}`)}</span>
        </div>
        <p className="note">{figuresOf(disk).join(' · ')}</p>
        <BlockMapFigure disk={disk} />
      </section>
    ))}
  </>
);
