import type {
  ChangeResult,
  CycleResult,
  DisksResult,
  JobResult,
  ResyncResult,
  VerifyResult,
} from '../../contract/job-reports.ts';
import { formatBytes } from '../platform/size-words.ts';
import { formatCount, formatMs, formatRetention } from './format.ts';

/** What a job came to, one sentence. */
export const describeResult = (result: JobResult): string => {
  switch (result.kind) {
    case 'cycle':
      return describeCycle(result);
    case 'initial':
      return `${formatBytes(result.sentBytes)} sent, ${formatBytes(result.skippedBytes)} of holes and zeros skipped in ${formatMs(result.durationMs)}; the cut is ${consistencyWords[result.consistency]}.`;
    case 'resync':
      return describeResync(result);
    case 'verify':
      return describeVerify(result);
    case 'restore':
      return `Point ${result.point} restored into ${formatCount(result.files.length, 'file')} in ${formatMs(result.durationMs)}${result.verified ? ' and verified' : ''}.`;
    case 'protect':
      return `Protected into ${result.vault}; its first copy is job ${result.initialJob}.`;
    case 'finalize':
      return 'The VM is protected.';
    case 'change':
      return `A cycle every ${result.frequencySeconds} seconds; ${formatRetention(result.retentionPoints, result.retentionHours)} kept.${ofThreads(result)}${olderPoints(result)}`;
    case 'disks':
      return describeDisks(result);
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

/** Damage is told apart from changes of the source that are still to be sent; reports of older versions cannot tell. */
const describeVerify = ({ blocks, differentBlocks, damagedBlocks, durationMs }: VerifyResult): string => {
  const all = formatCount(blocks, 'block');
  const damaged =
    damagedBlocks === undefined || damagedBlocks === 0
      ? ''
      : ` At the vault ${formatCount(damagedBlocks, 'block')} of the replica ${damagedBlocks === 1 ? 'was' : 'were'} altered or lost: the VM is marked for resynchronization.`;
  if (differentBlocks === 0) {
    return `The replica equals the source in all ${all}; compared in ${formatMs(durationMs)}.${damaged}`;
  }
  const unsent =
    damagedBlocks === 0
      ? ' The replica holds what was written there: the source changed since the last cycle.'
      : '';
  return `${differentBlocks} of ${all} differ.${damaged}${unsent}`;
};

const describeResync = (result: ResyncResult): string => {
  const { comparedBlocks, differentBlocks, sentBytes, savedBytes, durationMs, consistency, appliedBytes } =
    result;
  const figures = `${formatCount(comparedBlocks, 'block')} compared, ${differentBlocks} different, ${formatBytes(sentBytes)} sent in ${formatMs(durationMs)}`;
  const saved =
    savedBytes === undefined ? '' : `; ${formatBytes(savedBytes)} less than a full copy would have sent`;
  const applied =
    appliedBytes === undefined || appliedBytes === 0
      ? ''
      : ` ${formatBytes(appliedBytes)} that changed meanwhile were sent after that.`;
  const next =
    consistency === 'fuzzy'
      ? ' The disks changed while they were read: the next cycle follows at once and makes a consistent cut.'
      : '';
  return `${figures}${saved}.${applied}${next}`;
};

const describeCycle = ({ changedBytes, sentBytes, durationMs, consistency }: CycleResult): string => {
  const took = formatMs(durationMs);
  if (changedBytes > 0) {
    return `${formatBytes(changedBytes)} changed, ${formatBytes(sentBytes)} sent in ${took}; the cut is ${consistencyWords[consistency]}.`;
  }
  if (sentBytes === 0) return `Nothing had changed; looked in ${took}.`;
  return `Nothing had changed since it was last tracked; ${formatBytes(sentBytes)} that waited were sent in ${took}.`;
};

const describeDisks = ({ included, excluded, copyJob }: DisksResult): string => {
  const sentences = [
    included.length === 0
      ? []
      : [
          copyJob === null
            ? `${included.join(', ')} included; recovery points have it once its first copy is complete.`
            : `${included.join(', ')} included; recovery points have it once its first copy, job ${copyJob}, is complete.`,
        ],
    excluded.length === 0
      ? []
      : [`${excluded.join(', ')} left out: not replicated, and in no later recovery point.`],
  ];
  return sentences.flat().join(' ');
};

const ofThreads = ({ uploadThreads }: ChangeResult): string =>
  uploadThreads === null ? '' : ` Up to ${uploadThreads} requests to a storage account at once.`;

const olderPoints = ({ dropsOlder = false, droppedPoints = 0 }: ChangeResult): string => {
  if (dropsOlder) return ' Older ones are dropped when the next one is made.';
  if (droppedPoints === 0) return '';
  return droppedPoints === 1 ? ' An older one was dropped.' : ` ${droppedPoints} older ones were dropped.`;
};
