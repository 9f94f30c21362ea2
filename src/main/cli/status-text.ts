import type { RebuiltReport } from '../../contract/rebuilt.ts';
import type { DiskStatus, StatusReport, VmStatus } from '../../contract/reports.ts';
import { formatBytes } from '../platform/size-words.ts';
import { formatCount, formatFraction, formatRetention, formatSeconds, formatTime } from './format.ts';
import { describeFindings, fractionOf } from './progress-text.ts';
import { describeResync, resyncNext } from './resync-text.ts';
import { formatFields, formatTable, right } from './table.ts';
import { phaseWords, stateWords } from './words.ts';

/** The one sentence that answers "is all well?", then the VMs, worst first. */
export const describeStatus = (report: StatusReport, now: number): string => {
  const { vms, engineRunning } = report;
  const parts = [summarize(report, now)];
  if (report.rebuilt !== undefined) parts.push(describeRebuilt(report.rebuilt, now));
  if (!engineRunning && vms.length > 0)
    parts.push('No engine runs: nothing is replicated until one does (hvrc run).');
  if (vms.length > 0)
    parts.push(
      '',
      formatTable(
        ['VM', 'Health', 'State', right('RPO'), 'Last sync', right('Log'), 'Now'],
        vms.map((vm) => [
          vm.name,
          vm.health,
          stateWords[vm.state],
          vm.rpoSeconds === null ? null : formatSeconds(vm.rpoSeconds),
          vm.lastSyncAt === null ? null : formatTime(vm.lastSyncAt, now),
          formatBytes(vm.disks.reduce((sum, { hrl }) => sum + hrl.bytes, 0)),
          whatNow(vm, engineRunning, now),
        ]),
      ),
    );
  return parts.join('\n');
};

/** A line about a database that was rebuilt. */
export const describeRebuilt = ({ at, text, waitingVms }: RebuiltReport, now: number): string => {
  const waiting = waitingVms === 0 ? '' : ` ${formatCount(waitingVms, 'VM')} not yet looked up at the vault.`;
  return `At ${formatTime(at, now)}: ${text}${waiting}`;
};

const summarize = ({ vms, host }: StatusReport, now: number): string => {
  if (host === null && vms.length === 0) return 'No host has been chosen yet: hvrc host use DIR';
  const [worst] = vms;
  if (worst === undefined) return 'No VM is protected yet: hvrc protect VM --vault NAME';
  const unwell = vms.filter(({ health }) => health !== 'Normal').length;
  if (unwell > 0)
    return `${unwell} of ${formatCount(vms.length, 'VM')} ${unwell === 1 ? 'needs' : 'need'} attention: ${worst.name} is ${worst.health}${because(worst, now)}.`;
  const oldest = vms.reduce((old, vm) => ((vm.rpoSeconds ?? 0) > (old.rpoSeconds ?? 0) ? vm : old));
  const protectedVms = vms.length === 1 ? `${worst.name} is` : `All ${vms.length} VMs are`;
  const rpo =
    oldest.rpoSeconds === null
      ? ''
      : `; a failover now would lose at most ${formatSeconds(oldest.rpoSeconds)}`;
  return `${protectedVms} well${rpo}.`;
};

const because = (vm: VmStatus, now: number): string => {
  const reason = vm.healthReasons[0]?.text;
  const cause = vm.retry?.lastError.message ?? vm.resync?.cause ?? reason;
  const next = vm.retry === null ? '' : `; next attempt at ${formatTime(vm.retry.nextAttemptAt, now)}`;
  return cause === undefined ? '' : `: ${cause.replace(/\.$/, '')}${next}`;
};

/** Times to come are said only where something will happen at them. */
const whatNow = (vm: VmStatus, engineRunning: boolean, now: number): string | null => {
  if (vm.activity !== null) return vm.activity;
  if (!engineRunning) return null;
  if (vm.retry !== null) return `retry at ${formatTime(vm.retry.nextAttemptAt, now)}`;
  if (vm.resync !== null) return resyncNext(vm.resync, vm.paused, now);
  return vm.nextCycleAt === null ? null : `next at ${formatTime(vm.nextCycleAt, now)}`;
};

/** Everything about one VM. */
export const describeVmStatus = (vm: VmStatus, engineRunning: boolean, now: number): string => {
  const time = (at: string | null) => (at === null ? null : formatTime(at, now));
  const fields = formatFields([
    ['VM', vm.name],
    ['Id', vm.id],
    ['Folder', vm.path],
    ['State', `${stateWords[vm.state]} (${vm.stateNumber})`],
    ['Health', vm.protected ? vm.health : null],
    ['Vault', vm.vault],
    ['Frequency', vm.frequencySeconds === null ? null : `every ${formatSeconds(vm.frequencySeconds)}`],
    [
      'Retention',
      vm.retentionPoints === undefined
        ? null
        : formatRetention(vm.retentionPoints, vm.retentionHours ?? null),
    ],
    ['Upload threads', vm.uploadThreads ?? null],
    ['RPO', rpoOf(vm)],
    ['Last sync', time(vm.lastSyncAt)],
    [
      'Next cycle',
      engineRunning && (vm.resync === null || vm.resync.disks !== undefined) ? time(vm.nextCycleAt) : null,
    ],
    ['Now', vm.activity],
  ]);
  const remarks = [
    ...vm.healthReasons.map(
      ({ text, sinceMs }) => `${vm.health}: ${text} (since ${formatTime(sinceMs, now)})`,
    ),
    ...(vm.retry === null
      ? []
      : [
          `Failed ${formatCount(vm.retry.attempts, 'time')} since ${time(vm.retry.firstFailureAt)}: ${vm.retry.lastError.message}`,
          `Next attempt: ${time(vm.retry.nextAttemptAt)}; at once with hvrc retry ${vm.name}`,
        ]),
    ...(vm.resyncProgress === undefined ? [] : [`Resynchronization: ${describeFindings(vm.resyncProgress)}`]),
    ...(vm.resync === null ? [] : describeResync(vm.resync, vm, engineRunning, now)),
    ...vm.disks.flatMap(({ name, error }) =>
      error === null ? [] : [`${name}: ${error.message} [${error.code}] Next: ${error.nextStep}`],
    ),
    ...waysOut(vm),
    ...(vm.protected && !engineRunning
      ? ['No engine runs: nothing is replicated until one does (hvrc run).']
      : []),
  ];
  const disks = formatTable(
    ['Disk', right('Size'), right('Log'), right('Log limit'), 'Full at', 'Progress', 'Replica'],
    [
      ...vm.disks.map((disk) => [
        disk.name,
        formatBytes(disk.sizeBytes),
        disk.excluded ? null : logOf(disk),
        disk.excluded ? null : formatBytes(disk.hrl.thresholdBytes),
        time(disk.hrl.thresholdAt),
        progressOf(disk),
        disk.excluded ? 'excluded' : disk.replica,
      ]),
      ...(vm.unprotectedDisks ?? []).map(({ name, sizeBytes, cause }) => [
        name,
        cause === 'unreadable' ? null : formatBytes(sizeBytes),
        null,
        null,
        null,
        null,
        'NOT PROTECTED',
      ]),
    ],
  );
  return [fields, ...(remarks.length === 0 ? [] : ['', ...remarks]), '', disks].join('\n');
};

/** What to do about disks that are not replicated, and that nobody left out. */
const waysOut = ({ name, unprotectedDisks = [] }: VmStatus): string[] => {
  if (unprotectedDisks.length === 0) return [];
  const disk = unprotectedDisks[0]!.name;
  const command = `hvrc protection disks "${name}"`;
  return [`Not protected: include it with ${command} --include "${disk}", or leave it out with --exclude`];
};

const rpoOf = ({ rpoSeconds, rpoLimitSeconds }: VmStatus): string | null => {
  if (rpoSeconds === null) return null;
  if (rpoLimitSeconds === null) return formatSeconds(rpoSeconds);
  const share = formatFraction(rpoSeconds / rpoLimitSeconds);
  return `${formatSeconds(rpoSeconds)}, ${share} of its limit of ${formatSeconds(rpoLimitSeconds)}`;
};

const logOf = ({ hrl }: DiskStatus): string =>
  hrl.degraded === null
    ? formatBytes(hrl.bytes)
    : `${formatBytes(hrl.bytes)} + ${formatBytes(hrl.degraded.changedBytes)} in a bitmap`;

const progressOf = ({ progress }: DiskStatus): string | null => {
  if (progress === null) return null;
  const wait = progress.blockedOn === null ? '' : `, waiting for ${progress.blockedOn}`;
  return `${phaseWords[progress.phase]} ${formatFraction(fractionOf(progress))}${wait}`;
};
