import { randomUUID } from 'node:crypto';
import type { HostVm } from '../../host/host.ts';
import type { ComparedSource } from '../../store/comparison-record.ts';
import type { ProtectedDiskRecord } from '../../store/records.ts';
import type { ReplicaDiskState } from '../../vault/replica-vault.ts';
import type { EngineContext } from '../engine-context.ts';
import type { FoundDisk, ProtectedVm } from '../protected-vm.ts';
import { type Copy, prepareCopy, type WholeDisk } from '../shipping/copy-disk.ts';
import type { ShippingOptions } from '../shipping/vm-shipping.ts';
import { type ChainStamps, settledStamps, stoodStill } from '../tracking/stamps.ts';
import { registerAtVault } from '../vault-entry.ts';
import type { ComparisonRun } from './comparison-run.ts';

/** What a resynchronization begins with. */
export interface CheckedDisks {
  readonly vm: HostVm;
  /** The ones to be resynchronized. */
  readonly disks: readonly FoundDisk[];
  /** Where the replicas stand, by disk id. */
  readonly states: ReadonlyMap<string, ReplicaDiskState>;
}

/** What the host and the vault have of each of the disks now. */
export const checkDisks = async (
  engine: EngineContext,
  vm: ProtectedVm,
  records: readonly ProtectedDiskRecord[],
): Promise<CheckedDisks> => {
  const taken = await vm.takeOverChanges(records);
  const states = await registerAtVault(engine, vm, taken);
  for (const { record } of taken.disks) {
    const state = states.get(record.diskId);
    const isThere = state?.phase === 'complete' && state.sizeBytes === record.sizeBytes;
    if (!isThere && record.phase === 'complete') vm.updateDisk(record.diskId, { phase: 'pending' });
  }
  return { ...(await vm.findOnHost(records.map((record) => vm.disk(record)))), states };
};

/** Whether the vault has committed what an earlier run told it to: only its answer was lost. */
export const isCommitted = (run: ComparisonRun, states: CheckedDisks['states']): boolean => {
  const { commit, cut, sources } = run.record;
  if (commit === null || sources.length === 0) return false;
  return sources.every(({ diskId, lineage }) => {
    const state = states.get(diskId);
    return state?.lineage === lineage && state.cut === cut;
  });
};

/**
 * Restarts tracking: the logs are dropped, each disk gets a new lineage with a digest table that is built on the way, and
 * from here on that table is what changes are found by. A comparison that was interrupted keeps both, while it is about
 * the same disk of the same size, and the replica stands where it stood.
 */
export const restartTracking = async (
  engine: EngineContext,
  vm: ProtectedVm,
  run: ComparisonRun,
  { disks, states }: CheckedDisks,
  options: ShippingOptions,
): Promise<{ readonly disks: readonly Copy[]; readonly cut: number }> => {
  const { cut: earlierCut, takenAtMs } = run.record;
  const prepared: Copy[] = [];
  const sources: ComparedSource[] = [];
  let resumes = false;
  for (const disk of disks) {
    const stamps = await settledStamps(disk.host.files, engine.clock, options.signal);
    const whole = { ...disk, stamps };
    const state = states.get(disk.record.diskId);
    const source = earlierCut === null ? null : sourceToGoOnWith(run, disk, state);
    let copy: Copy;
    if (disk.record.phase !== 'complete') copy = await prepareCopy(engine, vm, whole);
    else if (source !== null) copy = { ...whole, mixed: !(await stoodStill(disk.host.files, source.stamps)) };
    else copy = await beginComparison(engine, vm, whole);
    resumes ||= source !== null;
    prepared.push(copy);
    sources.push(source ?? sourceOf(copy, state, stamps));
  }
  const cut = resumes && earlierCut !== null ? earlierCut : vm.nextCut();
  const nowMs = engine.clock.now();
  run.update({
    cut,
    sources,
    commit: null,
    resumedAtMs: resumes ? nowMs : null,
    takenAtMs: resumes ? takenAtMs : nowMs,
  });
  run.watch(disks.map(({ record }) => record));
  return { disks: prepared, cut };
};

const sourceToGoOnWith = (
  run: ComparisonRun,
  { record, host }: FoundDisk,
  state: ReplicaDiskState | undefined,
): ComparedSource | null => {
  const source = run.sourceOf(record.diskId);
  if (source === null || source.base === null || record.phase !== 'complete') return null;
  const isSame =
    source.hostDiskId === host.id &&
    source.sizeBytes === host.sizeBytes &&
    source.sectorBytes === host.logicalSectorBytes &&
    source.lineage === record.lineage &&
    source.base.lineage === (state?.lineage ?? null) &&
    source.base.cut === (state?.cut ?? null);
  return isSame ? source : null;
};

const sourceOf = (
  { record, host }: Copy,
  state: ReplicaDiskState | undefined,
  stamps: ChainStamps | null,
): ComparedSource => ({
  diskId: record.diskId,
  hostDiskId: host.id,
  sizeBytes: host.sizeBytes,
  sectorBytes: host.logicalSectorBytes,
  lineage: record.lineage ?? '',
  base: record.phase === 'complete' ? { lineage: state?.lineage ?? null, cut: state?.cut ?? null } : null,
  stamps,
});

/** A disk's comparison begins at its start, with a new lineage and without logs. */
export const beginComparison = async (
  engine: EngineContext,
  vm: ProtectedVm,
  disk: WholeDisk,
): Promise<Copy> => {
  const { diskId, rootPath } = disk.record;
  await engine.pool.run('dropLogs', { diskId, rootPath, sequence: null });
  // From here on the old lineage is history: an interruption must not let its logs or digests be taken for true.
  const begun = { lineage: randomUUID(), lastScan: null, hrl: { bytes: 0, degraded: null } };
  vm.prepareTable(diskId);
  vm.updateDisk(diskId, begun);
  return { ...disk, record: { ...disk.record, ...begun }, mixed: false };
};
