import { ReplicationError } from '../../../contract/errors.ts';
import type { ResyncResult } from '../../../contract/job-reports.ts';
import type { Consistency } from '../../../contract/model.ts';
import { resyncStepNames } from '../../../contract/resync.ts';
import type { FrozenVm, HostVm } from '../../host/host.ts';
import type { CutRecord } from '../../store/records.ts';
import type { EngineContext } from '../engine-context.ts';
import type { Job } from '../jobs/job-runner.ts';
import { isJoining } from '../marked-disk.ts';
import type { FoundDisk, ProtectedVm } from '../protected-vm.ts';
import { confirmCut, confirmDisks } from '../shipping/confirm-cut.ts';
import type { Copy } from '../shipping/copy-disk.ts';
import type { ShippingOptions } from '../shipping/vm-shipping.ts';
import { openActiveLogs } from '../tracking/active-logs.ts';
import { registerAtVault } from '../vault-entry.ts';
import type { ComparisonRun } from './comparison-run.ts';
import { type CheckedDisks, checkDisks, isCommitted, restartTracking } from './prepare-resync.ts';
import { Renewal, type ResyncTurns } from './renewal.ts';
import { unmarkDisks } from './resync-marks.ts';

export type ResyncOutcome = Omit<ResyncResult, 'kind' | 'vm' | 'durationMs'> & {
  readonly consistency: Consistency;
};

/**
 * Resynchronization of a VM: the logs are dropped, and each disk gets a replica of a new lineage:
 *
 * | the disk                                              | its replica                                          |
 * |-------------------------------------------------------|------------------------------------------------------|
 * | is as it was, or another one of the same size         | block by block compared; the differences are staged  |
 * | was resized                                           | copied anew beside the old one                       |
 * | has a replica that is gone, or that cannot be read    | copied anew                                          |
 * | was included, and never had one                       | copied                                               |
 *
 * All of it becomes true with one commit. Until then the replicas and their recovery points stay as they were.
 *
 * What is written meanwhile goes into fresh logs (`ComparedTracking`), which `applyLogs` sends after the commit, with what
 * a look at all disks then still finds: the VM's replicas end at one cut.
 *
 * Of a VM that is marked for some of its disks only, these alone: the others are tracked and sent in between (`turns`).
 * The commit is no state of the whole VM then; what follows it, with all disks, is one again.
 *
 * | a crash after …                | the next run …                                                          |
 * |--------------------------------|-------------------------------------------------------------------------|
 * | tracking was restarted         | compares from the start                                                 |
 * | a checkpoint of the comparison | goes on there; if the disk changed meanwhile the cut is fuzzy           |
 * | the commit was written down    | commits, unless the vault says that it has the cut                      |
 * | the vault committed            | finds the replicas at the cut and only takes the confirmation over      |
 * | a disk that joins was admitted | likewise; until then it joins again, and points are made without it     |
 * | the store confirmed            | is a cycle: its scan takes the logs up                                  |
 */
export const resynchronizeVm = async (
  engine: EngineContext,
  vm: ProtectedVm,
  job: Job,
  run: ComparisonRun,
  options: ShippingOptions,
  turns: ResyncTurns,
  applyLogs: (outcome: ResyncOutcome) => Promise<ResyncOutcome>,
): Promise<ResyncOutcome> => {
  engine.pool.prepare(['dropLogs', 'resync']);
  const ofDisks = vm.record.resync?.scope === 'disks';
  const begun = await turns.alone(async () => {
    const records = ofDisks ? vm.markedDisks : vm.includedDisks;
    const checked = await job.step(resyncStepNames.check, () =>
      run.during('check', () => checkDisks(engine, vm, records)),
    );
    if (isCommitted(run, checked.states)) return { committed: checked };
    const { disks, cut } = await job.step(resyncStepNames.track, () =>
      run.during('track', () => restartTracking(engine, vm, run, checked, options)),
    );
    if (!ofDisks) vm.update({ unsent: null, shipment: null, direct: null });
    const ids = disks.map(({ host }) => host.id);
    return { disks, cut, hostVm: checked.vm, frozen: await engine.host().freeze(checked.vm, ids) };
  });
  const { committed } = begun;
  const commit =
    committed === undefined
      ? await renewAll(engine, vm, job, run, begun, options, turns, ofDisks)
      : { run: () => takeOverCommit(engine, vm, run, committed, ofDisks), release: async () => undefined };
  return job.step(resyncStepNames.apply, () =>
    run.during('apply', async () => {
      let outcome: ResyncOutcome;
      try {
        outcome = await turns.alone(commit.run);
      } finally {
        await commit.release();
      }
      return applyLogs(outcome);
    }),
  );
};

/** What makes true what was prepared, and lets go of the disks. */
interface Commit {
  run(): Promise<ResyncOutcome>;
  release(): Promise<void>;
}

interface BegunRenewal {
  readonly disks: readonly Copy[];
  readonly cut: number;
  readonly hostVm: HostVm;
  readonly frozen: FrozenVm;
}

const renewAll = async (
  engine: EngineContext,
  vm: ProtectedVm,
  job: Job,
  run: ComparisonRun,
  { disks, cut, hostVm, frozen }: BegunRenewal,
  options: ShippingOptions,
  turns: ResyncTurns,
  ofDisks: boolean,
): Promise<Commit> => {
  const release = () => frozen.release();
  try {
    const renewal = new Renewal(engine, vm, job, run, frozen, cut, options, turns);
    const renewed = await renewal.renew(disks);
    const { takenAtMs } = frozen;
    const commit = async () => {
      const isMixed = renewed.some(({ mixed }) => mixed);
      const oneRead = !ofDisks && !isMixed && (await frozen.isConsistent());
      const taken: CutRecord = {
        cut,
        takenAtMs: isMixed ? Math.min(takenAtMs, run.record.takenAtMs ?? takenAtMs) : takenAtMs,
        consistency: oneRead ? 'crash' : 'fuzzy',
      };
      const point = await commitRenewal(engine, vm, run, hostVm, renewed, taken, ofDisks, options);
      return outcomeOf(run, taken.consistency, point);
    };
    return { run: commit, release };
  } catch (error) {
    await release();
    throw error;
  }
};

const commitRenewal = async (
  engine: EngineContext,
  vm: ProtectedVm,
  run: ComparisonRun,
  hostVm: HostVm,
  renewed: readonly Copy[],
  taken: CutRecord,
  ofDisks: boolean,
  options: ShippingOptions,
): Promise<string | null> => {
  const { takenAtMs, consistency } = taken;
  run.update({ commit: { takenAtMs, consistency } });
  const { droppedPoints, point } = await engine.pool.run(
    'renew',
    {
      replica: vm.replicaSpec(),
      ...taken,
      disks: [],
      preparedDiskIds: renewed.map(({ record }) => record.diskId),
      ...vm.retention(),
      overwritesAltered: true,
    },
    options,
  );
  await admitJoined(engine, vm, hostVm, renewed);
  await confirmRenewal(engine, vm, run, renewed, taken, ofDisks);
  if (droppedPoints > 0) {
    engine.events.warning(
      `A replica of ${vm.record.name} had been altered at the vault: ${droppedPoints} older recovery points could not be kept.`,
      { vmId: vm.vmId, vm: vm.record.name, code: 'REPLICA_INVALID' },
    );
  }
  return point?.id ?? null;
};

/**
 * Disks that joined have their replicas: every recovery point from now on is to have them. In the vault's catalogue before
 * it is so here, so that no crash leaves a VM that is thought whole and makes points without them.
 */
const admitJoined = async (
  engine: EngineContext,
  vm: ProtectedVm,
  hostVm: HostVm,
  disks: readonly FoundDisk[],
): Promise<void> => {
  if (disks.some(({ record }) => isJoining(vm.disk(record))))
    await registerAtVault(engine, vm, { vm: hostVm, disks }, { admits: true });
};

/** The vault has the cut: the VM, or its disks, are what they were before they were marked. */
const confirmRenewal = async (
  engine: EngineContext,
  vm: ProtectedVm,
  run: ComparisonRun,
  renewed: readonly Pick<Copy, 'record' | 'stamps' | 'mixed'>[],
  taken: CutRecord,
  ofDisks: boolean,
): Promise<void> => {
  const { cut } = taken;
  engine.store.transaction(() => {
    if (ofDisks) {
      confirmDisks(vm, taken);
      unmarkDisks(
        vm,
        renewed.map(({ record }) => record.diskId),
      );
    } else {
      confirmCut(vm, taken);
      vm.update({ resync: null });
    }
    for (const { record, stamps, mixed } of renewed) {
      const lastScan = stamps === null || mixed ? null : { cut, stamps };
      vm.updateDisk(record.diskId, { phase: 'complete', logBaseCut: cut, initialStamps: null, lastScan });
    }
    run.end();
  });
  for (const { record } of renewed) vm.dropCheckpoint(record.diskId);
  await openActiveLogs(engine, vm);
};

/** A run that ended with its commit left everything done but the confirmation. What the disks are now, a scan finds. */
const takeOverCommit = async (
  engine: EngineContext,
  vm: ProtectedVm,
  run: ComparisonRun,
  checked: CheckedDisks,
  ofDisks: boolean,
): Promise<ResyncOutcome> => {
  const { cut, commit } = run.record;
  if (cut === null || commit === null) throw new ReplicationError('STATE_INVALID', 'There is no commit.');
  if (!ofDisks) vm.update({ unsent: null, shipment: null, direct: null });
  const disks = checked.disks.filter(({ record }) => run.sourceOf(record.diskId) !== null);
  run.update({ resumedAtMs: engine.clock.now() });
  run.watch(disks.map(({ record }) => record));
  const renewed = disks.map(({ record }) => ({ record, stamps: null, mixed: false }));
  await admitJoined(engine, vm, checked.vm, disks);
  await confirmRenewal(engine, vm, run, renewed, { cut, ...commit }, ofDisks);
  return outcomeOf(run, commit.consistency, null);
};

const outcomeOf = (run: ComparisonRun, consistency: Consistency, point: string | null): ResyncOutcome => {
  const { disks, resumedAtMs } = run.record;
  const sum = (of: (disk: (typeof disks)[number]) => number) =>
    disks.reduce((total, disk) => total + of(disk), 0);
  return {
    comparedBlocks: sum((disk) => disk.comparedBlocks),
    differentBlocks: sum((disk) => disk.differentBlocks),
    sentBytes: sum((disk) => disk.sentBytes),
    savedBytes: sum((disk) => disk.savedBytes),
    resumed: resumedAtMs !== null,
    consistency,
    point,
    disks: disks.map(({ map: _map, ...disk }) => disk),
  };
};
