import type { ReplicationError } from '../../../contract/errors.ts';
import type { ResyncResult } from '../../../contract/job-reports.ts';
import type { CutRecord, ProtectedDiskRecord } from '../../store/records.ts';
import type { ResyncMark, ResyncRecord } from '../../store/resync-record.ts';
import type { EngineContext } from '../engine-context.ts';
import type { ProtectedVm } from '../protected-vm.ts';
import { preventionOf } from './resync-prevention.ts';

type Cause = Pick<ReplicationError, 'code' | 'message' | 'file'>;

/**
 * Marks a VM for resynchronization, or one disk of it, and writes the cause into the history:
 *
 * | the cause                          | the VM is not marked      | disks of it are marked    | it is marked as a whole |
 * |------------------------------------|---------------------------|---------------------------|-------------------------|
 * | is one disk's, and there are more  | that disk is marked alone | that disk is marked too   | keeps its cause         |
 * | is not one disk's                  | the whole VM is marked    | the whole VM is marked    | keeps its cause         |
 *
 * What was on its way means nothing any more for what is marked; for the other disks it goes on, but is no state of the
 * whole VM.
 * @param how `asked`: a person asked for the resynchronization; `byHandOnly`: and nothing was wrong
 */
export const markVm = (
  engine: EngineContext,
  vm: ProtectedVm,
  cause: Cause,
  { asked = false, byHandOnly = false } = {},
): void => {
  const { store, clock } = engine;
  const { resync, rebuiltAtMs } = vm.record;
  if (resync !== null && resync.scope !== 'disks') return;
  const included = vm.includedDisks;
  const disk = included.find((one) => cause.file !== undefined && isOf(vm, one, cause.file));
  const { code, message } = cause;
  const sinceMs = clock.now();
  store.transaction(() => {
    // Where replication stood is not known of any disk of a VM whose record was rebuilt.
    if (disk !== undefined && included.length > 1 && rebuiltAtMs === undefined) {
      if (vm.markedDisks.some(({ diskId }) => diskId === disk.diskId)) return;
      if (resync === null) resolveLeft(store, vm.vmId, sinceMs);
      const historyId = addEntry(engine, vm, cause, disk.name, asked);
      vm.updateDisk(disk.diskId, { marked: { code, message, sinceMs, historyId } });
      const mark = { code, message, sinceMs, disk: disk.name, scope: 'disks' } as const;
      if (resync === null) vm.update({ resync: { ...mark, ...(asked ? { askedAtMs: sinceMs } : {}) } });
      leaveOut(vm, disk.diskId, sinceMs);
      return;
    }
    if (resync === null) resolveLeft(store, vm.vmId, sinceMs);
    for (const { diskId } of vm.markedDisks) vm.updateDisk(diskId, { marked: null });
    const mark: ResyncMark = {
      code,
      message,
      sinceMs,
      historyId: addEntry(engine, vm, cause, disk?.name ?? null, asked),
      ...(disk === undefined ? {} : { disk: disk.name }),
      ...(asked ? { askedAtMs: sinceMs } : {}),
      ...(byHandOnly && resync === null ? { byHandOnly } : {}),
    };
    vm.update({ resync: mark, retry: null, unsent: null, shipment: null, direct: null });
  });
};

/**
 * Disks were resynchronized alone, with what their marks were: the VM is in order when no other is marked. Of a whole
 * VM's mark, which may have come meanwhile, nothing is taken back.
 */
export const unmarkDisks = (vm: ProtectedVm, diskIds: readonly string[]): void => {
  for (const diskId of diskIds) vm.updateDisk(diskId, { marked: null });
  const { resync } = vm.record;
  if (resync?.scope !== 'disks') return;
  const [left] = vm.markedDisks;
  const { retry: _, ...mark } = resync;
  if (left?.marked === undefined || left.marked === null) vm.update({ resync: null });
  else {
    const { code, message, sinceMs } = left.marked;
    vm.update({ resync: { ...mark, code, message, sinceMs, disk: left.name } });
  }
};

/** A disk's part in what is on its way goes; the rest goes on, without being a state of the whole VM. */
export const leaveOut = (vm: ProtectedVm, diskId: string, nowMs: number): void => {
  const { unsent, shipment, direct, nextCycleAtMs } = vm.record;
  const others = <D extends { readonly diskId: string }>(disks: readonly D[]): D[] =>
    disks.filter((disk) => disk.diskId !== diskId);
  vm.update({
    unsent: unsent === null ? null : fuzzy(unsent),
    shipment: shipment && { ...fuzzy(shipment), logs: shipment.logs && others(shipment.logs) },
    direct: direct && { ...fuzzy(direct), disks: others(direct.disks) },
    // What the others changed was taken back with the cut that failed: it is found again at once.
    nextCycleAtMs: nextCycleAtMs === null ? null : Math.min(nextCycleAtMs, nowMs),
  });
};

const fuzzy = <C extends CutRecord>(cut: C): C => ({ ...cut, consistency: 'fuzzy' });

const addEntry = (
  { store, clock }: EngineContext,
  vm: ProtectedVm,
  { code, message }: Cause,
  disk: string | null,
  asked: boolean,
): number =>
  store.resyncs.add({
    vmId: vm.vmId,
    vm: vm.record.name,
    code,
    message,
    prevention: preventionOf(code),
    disk,
    markedAtMs: clock.now(),
    byHand: asked,
    resolvedAtMs: null,
    outcome: null,
  });

/** Whether a file is the disk's own, one of its logs, or its table of digests. */
const isOf = (vm: ProtectedVm, { diskId, path, rootPath }: ProtectedDiskRecord, file: string): boolean =>
  file === path ||
  file === rootPath ||
  (file.startsWith(`${rootPath}.`) && file.endsWith('.hrl')) ||
  file === vm.tablePath(diskId);

/** The entries, in the history, of what a resynchronization that begins now resolves. */
export const openEntries = ({ store }: Pick<EngineContext, 'store'>, vm: ProtectedVm): number[] => {
  if (vm.record.resync?.scope === 'disks')
    return vm.markedDisks.flatMap(({ marked }) => marked?.historyId ?? []);
  const entries = store.resyncs.list({ vmId: vm.vmId });
  return entries.filter(({ resolvedAtMs }) => resolvedAtMs === null).map(({ id }) => id);
};

/** A person asks for the resynchronization of a marked VM: it is not bound by the window. */
export const noteAsked = (engine: EngineContext, vm: ProtectedVm): void => {
  const { store, clock } = engine;
  const { resync } = vm.record;
  if (resync === null || resync.askedAtMs !== undefined) return;
  const { holdUntilMs: _, retry: _retry, ...mark } = resync;
  store.transaction(() => {
    vm.update({ resync: { ...mark, askedAtMs: clock.now() } });
    for (const id of openEntries(engine, vm)) changeEntry(store, id, { byHand: true });
  });
};

/** A person cancelled it, or it found no way: the VM stays marked, and is left alone until `holdUntilMs`. */
export const noteHeld = (engine: EngineContext, vm: ProtectedVm, holdUntilMs: number | null): void => {
  const { store } = engine;
  const { resync } = vm.record;
  if (resync === null) return;
  const { askedAtMs: _, retry: _retry, ...mark } = resync;
  store.transaction(() => {
    vm.update({ resync: { ...mark, holdUntilMs }, ...(resync.scope === 'disks' ? {} : { retry: null }) });
    for (const id of openEntries(engine, vm)) changeEntry(store, id, { byHand: false });
  });
};

/** What was marked is in order again. @param entries of the marks, in the history */
export const noteResolved = (
  { store, clock }: EngineContext,
  entries: readonly number[],
  {
    comparedBlocks,
    differentBlocks,
    sentBytes,
  }: Pick<ResyncResult, 'comparedBlocks' | 'differentBlocks' | 'sentBytes'>,
  durationMs: number,
): void => {
  const resolvedAtMs = clock.now();
  const outcome = { comparedBlocks, differentBlocks, sentBytes, durationMs };
  for (const id of entries) changeEntry(store, id, { resolvedAtMs, outcome });
};

/** A crash came between the end of a resynchronization and its entry. */
const resolveLeft = (store: EngineContext['store'], vmId: string, atMs: number): void => {
  for (const { id, ...entry } of store.resyncs.list({ vmId })) {
    if (entry.resolvedAtMs === null) store.resyncs.put(id, { ...entry, resolvedAtMs: atMs });
  }
};

const changeEntry = (store: EngineContext['store'], id: number, change: Partial<ResyncRecord>): void => {
  const known = store.resyncs.get(id);
  if (known === null) return;
  const { id: _, ...entry } = known;
  store.resyncs.put(id, { ...entry, ...change });
};
