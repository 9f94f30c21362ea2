import type { JobResult } from '../../contract/reports.ts';
import { formatBytes, formatCount, formatMs } from './format.ts';

/** What a job came to, one sentence. */
export const describeResult = (result: JobResult): string => {
  switch (result.kind) {
    case 'cycle':
      return result.changedBytes === 0
        ? `Nothing had changed; looked in ${formatMs(result.durationMs)}.`
        : `${formatBytes(result.changedBytes)} changed, ${formatBytes(result.sentBytes)} sent in ${formatMs(result.durationMs)}; the cut is ${consistencyWords[result.consistency]}.`;
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
