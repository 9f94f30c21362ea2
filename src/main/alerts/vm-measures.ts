import type { DiskStatus, VmStatus } from '../../contract/reports.ts';
import { utcMinute } from '../platform/utc-minute.ts';
import type { AlertMeasure } from './observe-alerts.ts';

const silenceMs = 3_600_000;
const logRungs = [0.3, 0.4, 0.5] as const;
const rpoRungs = [0.5, 1] as const;

const rungOf = (share: number, rungs: readonly number[]): number =>
  rungs.filter((rung) => share >= rung).length;

const percent = (share: number): string => `${Math.floor(share * 100)} %`;

const duration = (seconds: number): string => {
  const minutes = Math.floor(seconds / 60);
  if (minutes < 1) return `${Math.floor(seconds)} s`;
  return minutes < 120 ? `${minutes} min` : `${Math.floor(minutes / 60)} h`;
};

/** How a protected VM stands. */
export const vmMeasures = (vm: VmStatus, nowMs: number): readonly AlertMeasure[] => [
  healthMeasure(vm),
  rpoMeasure(vm),
  silenceMeasure(vm, nowMs),
  ...vm.disks.filter(({ excluded }) => !excluded).map((disk) => logMeasure(vm, disk)),
];

const subjectOf = ({ id, name }: VmStatus) => ({ vmId: id, vm: name, disk: null });

const healthRungs = { Normal: 0, Warning: 1, Critical: 2 } as const;

/** A first copy that runs as it should is incomplete, hence Warning, but no news. */
const isFirstCopy = ({ lastSyncAt, health, retry, paused }: VmStatus): boolean =>
  lastSyncAt === null && health === 'Warning' && retry === null && !paused;

/** Nor is what a person asked for, a resynchronization or the first copy of one more disk, while nothing else is amiss. */
const isAskedFor = ({ health, healthReasons }: VmStatus): boolean =>
  health === 'Warning' &&
  healthReasons.length > 0 &&
  healthReasons.every(({ kind }) => kind === 'resyncAsked' || kind === 'initial');

const healthMeasure = (vm: VmStatus): AlertMeasure => {
  const rung = isFirstCopy(vm) || isAskedFor(vm) ? 0 : healthRungs[vm.health];
  const reasons = vm.healthReasons.map(({ text }) => text).join(' ');
  const text = rung === 0 || reasons === '' ? `${vm.name} replicates as it should.` : reasons;
  return { group: `health:${vm.id}`, family: 'health', ...subjectOf(vm), rung, text };
};

const rpoMeasure = (vm: VmStatus): AlertMeasure => {
  const measure = { group: `rpo:${vm.id}`, family: 'rpo' as const, ...subjectOf(vm) };
  const { rpoSeconds, rpoLimitSeconds: limit } = vm;
  if (rpoSeconds === null || limit === null) return { ...measure, rung: null, text: '' };
  const share = rpoSeconds / limit;
  const text = `The RPO of ${vm.name} is ${duration(rpoSeconds)}, ${percent(share)} of its limit of ${duration(limit)}.`;
  return { ...measure, rung: rungOf(share, rpoRungs), text };
};

const silenceMeasure = (vm: VmStatus, nowMs: number): AlertMeasure => {
  const measure = { group: `silence:${vm.id}`, family: 'silence' as const, ...subjectOf(vm) };
  if (vm.lastSyncAt === null) return { ...measure, rung: null, text: '' };
  const isSilent = nowMs - Date.parse(vm.lastSyncAt) >= silenceMs;
  const last = `${vm.name} was last replicated at ${utcMinute(vm.lastSyncAt)}.`;
  return { ...measure, rung: isSilent ? 1 : 0, text: last };
};

/** At 50 % the log is given back and its bytes say nothing any more: the mark that it left does. */
const logMeasure = (vm: VmStatus, { id, name, hrl, sizeBytes }: DiskStatus): AlertMeasure => {
  const measure = {
    group: `log:${vm.id}:${id}`,
    family: 'log' as const,
    ...subjectOf(vm),
    disk: name,
  };
  if (vm.resync !== null && vm.resync.disks?.includes(name) !== false) {
    const isCause = vm.resync.code === 'HRL_THRESHOLD' && vm.resync.disk === name;
    return { ...measure, rung: isCause ? logRungs.length : null, text: vm.resync.cause };
  }
  const share = sizeBytes === 0 ? 0 : hrl.bytes / sizeBytes;
  const text = `The log of ${name} of ${vm.name} has ${percent(share)} of the size of the disk; at 50 % the VM must be resynchronized.`;
  return { ...measure, rung: rungOf(share, logRungs), text };
};
