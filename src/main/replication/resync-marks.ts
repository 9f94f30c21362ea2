import type { ReplicationError } from '../../contract/errors.ts';
import type { ProtectedDiskRecord } from '../store/records.ts';
import type { ResyncMark, ResyncRecord } from '../store/resync-record.ts';
import type { EngineContext } from './engine-context.ts';
import type { ProtectedVm } from './protected-vm.ts';
import { preventionOf } from './resync-prevention.ts';
import type { ResyncOutcome } from './vm-resync.ts';

/**
 * Marks a VM for resynchronization, and writes the cause into the history; one that is marked already keeps its cause.
 * What was on its way means nothing any more.
 */
export const markVm = (
  { store, clock }: EngineContext,
  vm: ProtectedVm,
  { code, message, file }: Pick<ReplicationError, 'code' | 'message' | 'file'>,
  asked: boolean,
): void => {
  if (vm.record.resync !== null) return;
  const atMs = clock.now();
  const disk = vm.includedDisks.find((one) => file !== undefined && isOf(vm, one, file))?.name;
  const entry: ResyncRecord = {
    vmId: vm.vmId,
    vm: vm.record.name,
    code,
    message,
    prevention: preventionOf(code),
    disk: disk ?? null,
    markedAtMs: atMs,
    byHand: asked,
    resolvedAtMs: null,
    outcome: null,
  };
  store.transaction(() => {
    resolveLeft(store, vm.vmId, atMs);
    const mark: ResyncMark = {
      code,
      message,
      sinceMs: atMs,
      historyId: store.resyncs.add(entry),
      ...(disk === undefined ? {} : { disk }),
      ...(asked ? { askedAtMs: atMs } : {}),
    };
    vm.update({ resync: mark, retry: null, unsent: null, shipment: null, direct: null });
  });
};

/** Whether a file is the disk's own, one of its logs, or its table of digests. */
const isOf = (vm: ProtectedVm, { diskId, path, rootPath }: ProtectedDiskRecord, file: string): boolean =>
  file === path ||
  file === rootPath ||
  (file.startsWith(`${rootPath}.`) && file.endsWith('.hrl')) ||
  file === vm.tablePath(diskId);

/** A person asks for the resynchronization of a marked VM: it is not bound by the window. */
export const noteAsked = ({ store, clock }: EngineContext, vm: ProtectedVm): void => {
  const { resync } = vm.record;
  if (resync === null || resync.askedAtMs !== undefined) return;
  const { holdUntilMs: _, ...mark } = resync;
  store.transaction(() => {
    vm.update({ resync: { ...mark, askedAtMs: clock.now() } });
    changeEntry(store, mark.historyId, { byHand: true });
  });
};

/** A person cancelled it: the VM stays marked, and is left alone until `holdUntilMs`. */
export const noteHeld = ({ store }: EngineContext, vm: ProtectedVm, holdUntilMs: number | null): void => {
  const { resync } = vm.record;
  if (resync === null) return;
  const { askedAtMs: _, ...mark } = resync;
  store.transaction(() => {
    vm.update({ resync: { ...mark, holdUntilMs }, retry: null });
    changeEntry(store, mark.historyId, { byHand: false });
  });
};

/** The VM is in order again. @param mark what it was marked with before */
export const noteResolved = (
  { store, clock }: EngineContext,
  mark: ResyncMark | null,
  { comparedBlocks, differentBlocks, sentBytes }: ResyncOutcome,
  durationMs: number,
): void =>
  changeEntry(store, mark?.historyId, {
    resolvedAtMs: clock.now(),
    outcome: { comparedBlocks, differentBlocks, sentBytes, durationMs },
  });

/** A crash came between the end of a resynchronization and its entry. */
const resolveLeft = (store: EngineContext['store'], vmId: string, atMs: number): void => {
  for (const { id, ...entry } of store.resyncs.list({ vmId })) {
    if (entry.resolvedAtMs === null) store.resyncs.put(id, { ...entry, resolvedAtMs: atMs });
  }
};

const changeEntry = (
  store: EngineContext['store'],
  id: number | undefined,
  change: Partial<ResyncRecord>,
): void => {
  if (id === undefined) return;
  const known = store.resyncs.get(id);
  if (known === null) return;
  const { id: _, ...entry } = known;
  store.resyncs.put(id, { ...entry, ...change });
};
