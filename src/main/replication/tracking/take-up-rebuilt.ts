import { rmSync } from 'node:fs';
import { ReplicationError } from '../../../contract/errors.ts';
import { bitmapPath } from '../../block/block-bitmap.ts';
import { formatBesides } from '../../platform/size-words.ts';
import type { ProtectedDiskRecord, ProtectionRecord } from '../../store/records.ts';
import { openAnsweringVault } from '../../vault/open-vault.ts';
import type { RecoveryPoint, ReplicaDiskState } from '../../vault/replica-vault.ts';
import type { TaskOptions } from '../../workers/worker-pool.ts';
import type { EngineContext } from '../engine-context.ts';
import type { ProtectedVm } from '../protected-vm.ts';
import { type RebuiltChain, rebuiltChain, type SurveyedDisk } from './rebuilt-chain.ts';

/**
 * The first step of a VM whose record was rebuilt: finds out from the vault's catalogue, the digest tables and the logs
 * where replication stood. Everything is written at once: a crash before that leaves it to the next attempt. Does nothing
 * for any other VM.
 * @throws what marks the VM for resynchronization where deltas cannot go on; VAULT_* while the vault does not say
 */
export const takeUpRebuilt = async (
  engine: EngineContext,
  vm: ProtectedVm,
  options: TaskOptions,
): Promise<void> => {
  if (vm.record.rebuiltAtMs === undefined) return;
  const { states, points } = await askVault(engine, vm);
  const surveyed: SurveyedDisk[] = [];
  const lineages = new Map<string, string>();
  for (const disk of vm.includedDisks) {
    const { diskId, name, sizeBytes, rootPath } = disk;
    const { lineage, cut: replicaCut } = requireReplica(disk, states.get(diskId));
    const source = { diskId, name, sizeBytes };
    const tablePath = vm.tablePath(diskId);
    const tracking = { tablePath, lineage, rootPath };
    const look = () => engine.pool.run('survey', { source, tracking, replicaCut }, options);
    let survey = await look();
    if (survey.waitsForSent) {
      await engine.pool.run('advanceSent', { source, tracking, cut: replicaCut }, options);
      survey = await look();
    }
    lineages.set(diskId, lineage);
    surveyed.push({ diskId, name, tablePath, replicaCut, survey });
  }
  const chain = rebuiltChain(surveyed);
  write(engine, vm, lineages, chain, committedState(surveyed, points));
  const waiting = [chain.shipment, chain.unsent].some((cut) => cut !== null);
  const { name, committedCut } = vm.record;
  const logs = waiting ? 'what its logs hold is sent next' : 'its logs hold nothing that is not there';
  engine.events.info(
    `After the database was rebuilt ${name} goes on without a full copy: its replica is at cut ${committedCut}, ${logs}.`,
    { vmId: vm.vmId, vm: name },
  );
};

const askVault = async (engine: EngineContext, vm: ProtectedVm) => {
  const vault = await openAnsweringVault(vm.vaultSpec());
  try {
    const reader = await vault.readVm(vm.vmId);
    try {
      const { writer } = reader.vm;
      if (writer.installationId !== engine.installation.installationId) {
        const text = `The installation on ${writer.name} replicates ${vm.record.name} into this vault.`;
        throw new ReplicationError('VAULT_IN_USE', text, { file: vault.target });
      }
      const states = new Map((await reader.diskStates()).map((state) => [state.diskId, state]));
      return { states, points: await reader.points() };
    } finally {
      await reader.close();
    }
  } finally {
    await vault.close();
  }
};

const requireReplica = (
  { name, sizeBytes }: ProtectedDiskRecord,
  state: ReplicaDiskState | undefined,
): { readonly lineage: string; readonly cut: number } => {
  if (state === undefined || state.lineage === null || state.cut === null)
    throw new ReplicationError('REPLICA_MISSING', `The vault has no complete replica of ${name}.`);
  const { lineage, cut, location } = state;
  if (state.sizeBytes === sizeBytes) return { lineage, cut };
  const replicaBytes = state.sizeBytes ?? 0;
  const text = `The replica of ${name} has ${formatBesides(replicaBytes, sizeBytes)}, and the disk ${formatBesides(sizeBytes, replicaBytes)}.`;
  throw new ReplicationError('DISK_CHANGED_GEOMETRY', text, { file: location });
};

type Committed = Pick<ProtectionRecord, 'committedCut' | 'committedConsistency' | 'lastSyncAtMs'>;

/** A cut that is no point is called fuzzy: should it have been better, the next cycle says so. */
const committedState = (disks: readonly SurveyedDisk[], points: readonly RecoveryPoint[]): Committed => {
  const replicaCut = Math.max(...disks.map((disk) => disk.replicaCut));
  const newest = points.at(-1);
  if (newest === undefined)
    return { committedCut: replicaCut, committedConsistency: 'fuzzy', lastSyncAtMs: null };
  return {
    committedCut: Math.max(replicaCut, newest.cut),
    committedConsistency: newest.cut >= replicaCut ? newest.consistency : 'fuzzy',
    lastSyncAtMs: newest.takenAtMs,
  };
};

const write = (
  { store }: EngineContext,
  vm: ProtectedVm,
  lineages: ReadonlyMap<string, string>,
  { shipment, unsent, nextSequence, highestCut, logBaseCuts }: RebuiltChain,
  committed: Committed,
): void => {
  store.transaction(() => {
    const { rebuiltAtMs: _, ...record } = vm.record;
    const cut = Math.max(record.cut, highestCut, committed.committedCut);
    store.protections.put({ ...record, ...committed, cut, shipment, unsent, direct: null, nextSequence });
    for (const disk of vm.includedDisks) {
      const { diskId } = disk;
      const lineage = lineages.get(diskId) ?? null;
      const logBaseCut = logBaseCuts.get(diskId) ?? 0;
      vm.updateDisk(diskId, { lineage, logBaseCut, phase: 'complete', lastScan: null });
    }
  });
  // It only spared a second look at the disk, which now comes anyway.
  for (const { diskId } of vm.includedDisks) rmSync(bitmapPath(vm.tablePath(diskId)), { force: true });
};
