import { formatBytes } from '../../platform/size-words.ts';
import type { ProtectedDiskRecord } from '../../store/records.ts';
import type { EngineContext } from '../engine-context.ts';
import type { ProtectedVm } from '../protected-vm.ts';

/** Shares of a disk's size, in percent, from which on its log is warned of; at 50 % the VM must be resynchronized. */
const warnedPercents = [40, 30] as const;

/** What a disk's logs come to, in whole percent of the disk. */
const percentOf = ({ sizeBytes, hrl }: ProtectedDiskRecord): number =>
  sizeBytes === 0 ? 0 : Math.floor((hrl.bytes / sizeBytes) * 100);

/** Tells once of each crossing of a log, upwards with figures and a projection, and of the end of it. */
export const noteLogSize = (engine: EngineContext, vm: ProtectedVm, diskId: string): void => {
  const disk = vm.disk({ diskId });
  engine.logGrowth.note(disk, engine.clock.now());
  const { warned } = disk.hrl;
  const percent = warnedPercents.find((level) => percentOf(disk) >= level) ?? null;
  if (percent === (warned?.percent ?? null)) return;
  const subject = { vmId: vm.vmId, vm: vm.record.name, disk: disk.name };
  const sinceMs = warned?.sinceMs ?? engine.clock.now();
  vm.updateHrl(diskId, { warned: percent === null ? null : { percent, sinceMs } });
  if (percent === null) engine.events.info(`The log of ${disk.name} was sent and is small again.`, subject);
  else if (percent > (warned?.percent ?? 0)) engine.events.warning(describeLogSize(engine, disk), subject);
};

/** How large a log is and when it will be too large, one sentence. */
export const describeLogSize = (
  { logGrowth }: Pick<EngineContext, 'logGrowth'>,
  disk: ProtectedDiskRecord,
): string => {
  const thresholdAtMs = logGrowth.thresholdAtMs(disk, disk.sizeBytes / 2);
  const projection =
    thresholdAtMs === null
      ? 'how fast it grows is not known yet'
      : `at the rate of the last hour it reaches 50 % at ${new Date(thresholdAtMs).toISOString()}, and the VM must then be resynchronized`;
  return `The log of ${disk.name} holds ${formatBytes(disk.hrl.bytes)}, ${percentOf(disk)} % of the disk; ${projection}.`;
};
