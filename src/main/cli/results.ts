import type { CycleResult, JobResult } from '../../contract/job-reports.ts';
import { formatBytes, formatCount, formatMs } from './format.ts';

/** What a job came to, one sentence. */
export const describeResult = (result: JobResult): string => {
  switch (result.kind) {
    case 'cycle':
      return describeCycle(result);
    case 'initial':
      return `${formatBytes(result.sentBytes)} sent, ${formatBytes(result.skippedBytes)} of holes and zeros skipped in ${formatMs(result.durationMs)}; the cut is ${consistencyWords[result.consistency]}.`;
    case 'resync':
      return `${formatCount(result.comparedBlocks, 'block')} compared, ${result.differentBlocks} different, ${formatBytes(result.sentBytes)} sent in ${formatMs(result.durationMs)}.`;
    case 'verify':
      return result.identical
        ? `The replica equals the source in all ${formatCount(result.blocks, 'block')}; compared in ${formatMs(result.durationMs)}.`
        : `${result.differentBlocks} of ${formatCount(result.blocks, 'block')} differ.`;
    case 'restore':
      return `Point ${result.point} restored into ${formatCount(result.files.length, 'file')} in ${formatMs(result.durationMs)}${result.verified ? ' and verified' : ''}.`;
    case 'protect':
      return `Protected into ${result.vault}; its first copy is job ${result.initialJob}.`;
    case 'finalize':
      return 'The VM is protected.';
    case 'change':
      return `A cycle every ${result.frequencySeconds} seconds; ${formatCount(result.retentionPoints, 'recovery point')} kept.`;
    case 'vault':
      return `The vault is ${result.target}.`;
    case 'unprotect':
      return result.replicaDeleted
        ? 'Protection and replica removed.'
        : 'Protection removed; the replica stays at the vault.';
  }
};

const consistencyWords = {
  application: 'application-consistent',
  crash: 'crash-consistent',
  fuzzy: 'fuzzy: the disks changed while they were read',
} as const;

const describeCycle = ({ changedBytes, sentBytes, durationMs, consistency }: CycleResult): string => {
  const took = formatMs(durationMs);
  if (changedBytes > 0) {
    return `${formatBytes(changedBytes)} changed, ${formatBytes(sentBytes)} sent in ${took}; the cut is ${consistencyWords[consistency]}.`;
  }
  if (sentBytes === 0) return `Nothing had changed; looked in ${took}.`;
  return `Nothing had changed since it was last tracked; ${formatBytes(sentBytes)} that waited were sent in ${took}.`;
};
