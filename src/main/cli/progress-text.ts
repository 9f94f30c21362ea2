import type { DiskStatus, Progress, VmStatus } from '../../contract/reports.ts';
import type { ResyncProgress } from '../../contract/resync.ts';
import { formatBytes, formatRate } from '../platform/size-words.ts';
import { formatCount, formatFraction, formatSeconds } from './format.ts';
import { phaseWords } from './words.ts';

export interface DiskProgress {
  readonly disk: DiskStatus;
  readonly progress: Progress;
  /** 1 for the first of `count` disks. */
  readonly number: number;
  readonly count: number;
}

/** The disk that a VM's work is at: the last one begun that is not through, else the last begun; null when none is. */
export const diskAtWork = ({ disks }: VmStatus): DiskProgress | null => {
  const replicated = disks.filter(({ excluded }) => !excluded);
  const begun = replicated.flatMap((disk, at) =>
    disk.progress === null
      ? []
      : [{ disk, progress: disk.progress, number: at + 1, count: replicated.length }],
  );
  return begun.find(({ progress }) => fractionOf(progress) < 1) ?? begun.at(-1) ?? null;
};

export const fractionOf = ({ doneBytes, skippedBytes, totalBytes }: Progress): number =>
  totalBytes === 0 ? 1 : Math.min(1, (doneBytes + skippedBytes) / totalBytes);

/** `system.vhdx (disk 1 of 2): initial replication, 1.20 GB of 4.00 GB, 180 MB/s, 16 seconds left`. */
export const describeProgress = ({ disk, progress, number, count }: DiskProgress): string => {
  const passed = progress.doneBytes + progress.skippedBytes;
  return [
    `${disk.name} (disk ${number} of ${count}): ${phaseWords[progress.phase]}`,
    progress.totalBytes > 0 ? `${formatBytes(passed)} of ${formatBytes(progress.totalBytes)}` : null,
    progress.rateBytesPerSecond === null ? null : formatRate(progress.rateBytesPerSecond),
    progress.etaSeconds === null ? null : `${formatSeconds(progress.etaSeconds)} left`,
    progress.resumedAt === null ? null : `resumed at ${formatFraction(progress.resumedAt)}`,
    progress.blockedOn === null ? null : `waiting for ${progress.blockedOn}`,
  ]
    .filter((part) => part !== null)
    .join(', ');
};

/** `412 different, 13.5 MB sent, 3.90 GB less than a full copy`: what a resynchronization has found so far. */
export const describeFindings = ({
  differentBlocks,
  sentBytes,
  savedBytes,
  disks,
}: ResyncProgress): string => {
  const rate = disks.find(({ sendBytesPerSecond }) => (sendBytesPerSecond ?? 0) > 0)?.sendBytesPerSecond;
  return [
    `${formatCount(differentBlocks, 'block')} different`,
    `${formatBytes(sentBytes)} sent${rate == null ? '' : ` at ${formatRate(rate)}`}`,
    `${formatBytes(savedBytes)} less than a full copy`,
  ].join(', ');
};
