import { elapsedMs } from '../../platform/clock.ts';
import { formatBytes, formatRate } from '../../platform/size-words.ts';
import type { ProtectedDiskRecord } from '../../store/records.ts';
import type { EngineContext } from '../engine-context.ts';
import type { ProtectedVm } from '../protected-vm.ts';
import { bitmapBytes } from './log-room.ts';

/** A log that outgrows its limit this soon after a resynchronization would bring the next one, and so on. */
const afterResyncMs = 24 * 3_600_000;

const lastResync = ({ store, clock }: EngineContext, { vmId }: ProtectedVm) => {
  const last = store.resyncs.list({ vmId }).findLast(({ resolvedAtMs }) => resolvedAtMs !== null);
  const sinceMs = clock.now() - (last?.resolvedAtMs ?? Number.NEGATIVE_INFINITY);
  return last === undefined || sinceMs > afterResyncMs ? null : { ...last, sinceMs };
};

/**
 * What a log does at 50 % of the disk: it ends, and the VM is marked; during a resynchronization and directly after one
 * the changes go into the bitmap instead, or there would be no end of comparing.
 */
export const atThreshold = (engine: EngineContext, vm: ProtectedVm): 'mark' | 'bitmap' =>
  vm.record.resync !== null || lastResync(engine, vm) !== null ? 'bitmap' : 'mark';

/** Null where no time passed. */
const rateOf = (bytes: number, ms: number): string | null =>
  ms <= 0 ? null : formatRate((bytes * 1000) / ms);

/** What a resynchronization under way has sent, and for how long the changes during it have been tracked. */
export interface OvergrownRun {
  readonly sentBytes: number;
  readonly elapsedMs: number;
}

/** Says why a log was given up for the bitmap again, with figures and the ways out. @param run the one under way */
export const noteOvergrowth = (
  engine: EngineContext,
  vm: ProtectedVm,
  disk: ProtectedDiskRecord,
  run: OvergrownRun | null = null,
): void => {
  const { lastSyncAtMs, name } = vm.record;
  const resync = run === null ? lastResync(engine, vm) : null;
  const changed = bitmapBytes(disk) + disk.hrl.bytes;
  const changingMs = run?.elapsedMs ?? (lastSyncAtMs === null ? 0 : elapsedMs(engine.clock, lastSyncAtMs));
  const changeRate = rateOf(changed, changingMs);
  const { sentBytes = 0, durationMs = 0 } =
    run === null ? (resync?.outcome ?? {}) : { sentBytes: run.sentBytes, durationMs: run.elapsedMs };
  const uploadRate = sentBytes === 0 ? null : rateOf(sentBytes, durationMs);
  const when =
    resync === null
      ? 'during a resynchronization'
      : `${Math.round(resync.sinceMs / 60_000)} minutes after one`;
  const rates = [
    ...(changeRate === null ? [] : [`it changes at ${changeRate}`]),
    ...(uploadRate === null
      ? []
      : [`the vault ${run === null ? 'took' : 'takes'} ${uploadRate}${run === null ? ' then' : ''}`]),
  ].join(', ');
  engine.events.warning(
    `The log of ${disk.name} outgrew 50 % of the disk ${when}: ${formatBytes(changed)} wait${rates === '' ? '' : `; ${rates}`}. Instead of comparing it again, changed blocks are remembered in a bitmap and sent without a log. Ways out: a higher bandwidth limit, a wider window, a larger volume, or copying the VM anew.`,
    { vmId: vm.vmId, vm: name, disk: disk.name, code: 'HRL_THRESHOLD' },
  );
};
