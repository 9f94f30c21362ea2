import { ReplicationError } from '../../../contract/errors.ts';
import type { ResyncResult } from '../../../contract/job-reports.ts';
import type { Consistency } from '../../../contract/model.ts';
import { resyncStepNames } from '../../../contract/resync.ts';
import type { FrozenVm } from '../../host/host.ts';
import type { CutRecord } from '../../store/records.ts';
import type { PassProgress, ResyncDiskResult } from '../../workers/protocol.ts';
import type { EngineContext } from '../engine-context.ts';
import type { Job } from '../jobs/job-runner.ts';
import type { ProtectedVm } from '../protected-vm.ts';
import { SentMeter } from '../reports/traffic.ts';
import { confirmCut, confirmDisks } from '../shipping/confirm-cut.ts';
import { type Copy, copyDisk, frozenPath, prepareCopy } from '../shipping/copy-disk.ts';
import type { ShippingOptions } from '../shipping/vm-shipping.ts';
import { openActiveLogs } from '../tracking/active-logs.ts';
import { asChangingDisk } from '../tracking/changing-disk.ts';
import type { ComparisonRun } from './comparison-run.ts';
import { type CheckedDisks, checkDisks, isCommitted, restartTracking } from './prepare-resync.ts';
import { unmarkDisks } from './resync-marks.ts';

export type ResyncOutcome = Omit<ResyncResult, 'kind' | 'vm' | 'durationMs'> & {
  readonly consistency: Consistency;
};

/** How a resynchronization shares its VM with the cycles that go on. */
export interface ResyncTurns {
  /** Nothing else of the VM runs meanwhile. */
  alone<T>(work: () => Promise<T>): Promise<T>;
  /** Likewise, but `work` may be interrupted by its signal for a cycle, and is then run again: it goes on where it was. */
  inParts<T>(work: (signal: AbortSignal) => Promise<T>): Promise<T>;
}

/**
 * Resynchronization of a VM: the logs are dropped, and each disk gets a replica of a new lineage:
 *
 * | the disk                                              | its replica                                          |
 * |-------------------------------------------------------|------------------------------------------------------|
 * | is as it was, or another one of the same size         | block by block compared; the differences are staged  |
 * | was resized                                           | copied anew beside the old one                       |
 * | has a replica that is gone, or that cannot be read    | copied anew                                          |
 *
 * All of it becomes true with one commit. Until then the replicas and their recovery points stay as they were.
 *
 * Of a VM that is marked for some of its disks only, these alone: the others are tracked and sent in between (`turns`).
 * The commit is no state of the whole VM then; the cycle that follows it at once, with all disks, is one again.
 *
 * | a crash after …                | the next run …                                                          |
 * |--------------------------------|-------------------------------------------------------------------------|
 * | tracking was restarted         | compares from the start                                                 |
 * | a checkpoint of the comparison | goes on there; if the disk changed meanwhile the cut is fuzzy           |
 * | the commit was written down    | commits, unless the vault says that it has the cut                      |
 * | the vault committed            | finds the replicas at the cut and only takes the confirmation over      |
 */
export const resynchronizeVm = async (
  engine: EngineContext,
  vm: ProtectedVm,
  job: Job,
  run: ComparisonRun,
  options: ShippingOptions,
  turns: ResyncTurns,
): Promise<ResyncOutcome> => {
  engine.pool.prepare(['dropLogs', 'resync', 'send']);
  const ofDisks = vm.record.resync?.scope === 'disks';
  const begun = await turns.alone(async () => {
    const records = ofDisks ? vm.markedDisks : vm.includedDisks;
    const checked = await job.step(resyncStepNames.check, () =>
      run.during('check', () => checkDisks(engine, vm, records)),
    );
    if (isCommitted(run, checked.states)) return takeOverCommit(engine, vm, run, checked, ofDisks);
    const { disks, cut } = await job.step(resyncStepNames.track, () =>
      run.during('track', () => restartTracking(engine, vm, run, checked, options)),
    );
    if (!ofDisks) vm.update({ unsent: null, shipment: null, direct: null });
    const ids = disks.map(({ host }) => host.id);
    return { disks, cut, frozen: await engine.host().freeze(checked.vm, ids) };
  });
  if (!('frozen' in begun)) return begun;
  const { disks, cut, frozen } = begun;
  try {
    const renewal = new Renewal(engine, vm, job, run, frozen, cut, options, turns);
    const renewed = await renewal.renew(disks);
    const apply = async () => {
      const { takenAtMs } = frozen;
      const isMixed = renewed.some(({ mixed }) => mixed);
      const oneRead = !ofDisks && !isMixed && (await frozen.isConsistent());
      const taken: CutRecord = {
        cut,
        takenAtMs: isMixed ? Math.min(takenAtMs, run.record.takenAtMs ?? takenAtMs) : takenAtMs,
        consistency: oneRead ? 'crash' : 'fuzzy',
      };
      await commitRenewal(engine, vm, run, renewed, taken, ofDisks, options);
      return outcomeOf(run, taken.consistency);
    };
    return await turns.alone(() => job.step(resyncStepNames.apply, () => run.during('apply', apply)));
  } finally {
    await frozen.release();
  }
};

/** Makes the replica of one disk after the other what the frozen disk is, ready to be committed. */
class Renewal {
  private readonly engine: EngineContext;
  private readonly vm: ProtectedVm;
  private readonly job: Job;
  private readonly run: ComparisonRun;
  private readonly frozen: FrozenVm;
  private readonly cut: number;
  private readonly options: ShippingOptions;
  private readonly turns: ResyncTurns;

  constructor(
    engine: EngineContext,
    vm: ProtectedVm,
    job: Job,
    run: ComparisonRun,
    frozen: FrozenVm,
    cut: number,
    options: ShippingOptions,
    turns: ResyncTurns,
  ) {
    this.engine = engine;
    this.vm = vm;
    this.job = job;
    this.run = run;
    this.frozen = frozen;
    this.cut = cut;
    this.options = options;
    this.turns = turns;
  }

  /** What differs is sent while the comparison goes on: two steps at the same time. */
  renew(disks: readonly Copy[]): Promise<readonly Copy[]> {
    return this.job.step(resyncStepNames.compare, (compared) =>
      this.job.step(resyncStepNames.send, (sent) =>
        this.run.during('compare', async () => {
          const tell = () => {
            const progress = this.run.progress();
            if (progress === null) return;
            const { comparedBlocks, totalBlocks, differentBlocks, sentBlocks } = progress;
            const share = comparedBlocks / Math.max(1, totalBlocks);
            compared(share);
            // What is still to be found is not sent: only the end of the comparison ends the sending.
            sent(differentBlocks === 0 ? share : share * (sentBlocks / differentBlocks));
          };
          const renewed: Copy[] = [];
          for (const disk of disks) renewed.push(await this.renewDisk(disk, tell));
          return renewed;
        }),
      ),
    );
  }

  private async renewDisk(disk: Copy, tell: () => void): Promise<Copy> {
    if (disk.record.phase !== 'complete') return this.copy(disk);
    const { name, diskId } = disk.record;
    try {
      this.run.of(diskId)?.compared(await this.compare(disk, tell));
      tell();
      return disk;
    } catch (error) {
      const { code, message } = ReplicationError.from(error);
      if (code !== 'REPLICA_INVALID' && code !== 'REPLICA_MISSING') throw error;
      const subject = { vmId: this.vm.vmId, vm: this.vm.record.name, disk: name, code };
      this.engine.events.warning(
        `The replica of ${name} cannot be compared and is copied anew: ${message}`,
        subject,
      );
      this.vm.updateDisk(diskId, { phase: 'pending' });
      this.run.of(diskId)?.giveUp();
      const record = { ...disk.record, phase: 'pending' as const };
      const copy = await prepareCopy(this.engine, this.vm, { ...disk, record });
      this.run.copiesInstead(diskId, copy.record.lineage ?? '');
      return this.copy(copy);
    }
  }

  private async copy(disk: Copy): Promise<Copy> {
    const source = { ...disk, path: frozenPath(this.frozen, disk), cut: this.cut };
    const { sentBytes } = await copyDisk(this.engine, this.vm, this.job, source, this.options, (work) =>
      this.turns.inParts(work),
    );
    this.run.of(disk.record.diskId)?.copied(sentBytes);
    return disk;
  }

  private async compare({ record, host, stamps }: Copy, tell: () => void): Promise<ResyncDiskResult> {
    const params = {
      replica: this.vm.replicaSpec(),
      source: this.vm.sourceSpec(record, frozenPath(this.frozen, { host })),
      tracking: this.vm.trackingSpec(record),
      cut: this.cut,
      takenAtMs: this.frozen.takenAtMs,
      deep: this.run.record.deep,
    };
    const sent = new SentMeter(this.engine, this.vm.vmId);
    const onProgress = (pass: PassProgress) => {
      if (pass.comparison !== undefined) sent.note(pass.comparison.sentBytes, pass.resumedAtBytes !== null);
      this.run.note(pass);
      tell();
      this.options.onProgress(pass);
    };
    try {
      const result = await this.turns.inParts((signal) =>
        this.engine.pool.run('resync', params, { signal, onProgress }),
      );
      sent.note(result.sentBytes, result.resumedAtBytes !== null);
      return result;
    } catch (error) {
      throw await asChangingDisk(error, record, host.files, stamps);
    }
  }
}

const commitRenewal = async (
  engine: EngineContext,
  vm: ProtectedVm,
  run: ComparisonRun,
  renewed: readonly Copy[],
  taken: CutRecord,
  ofDisks: boolean,
  options: ShippingOptions,
): Promise<void> => {
  const { takenAtMs, consistency } = taken;
  run.update({ commit: { takenAtMs, consistency } });
  const { droppedPoints } = await engine.pool.run(
    'send',
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
  await confirmRenewal(engine, vm, run, renewed, taken, ofDisks);
  if (droppedPoints > 0) {
    engine.events.warning(
      `A replica of ${vm.record.name} had been altered at the vault: ${droppedPoints} older recovery points could not be kept.`,
      { vmId: vm.vmId, vm: vm.record.name, code: 'REPLICA_INVALID' },
    );
  }
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
  await confirmRenewal(engine, vm, run, renewed, { cut, ...commit }, ofDisks);
  return outcomeOf(run, commit.consistency);
};

const outcomeOf = (run: ComparisonRun, consistency: Consistency): ResyncOutcome => {
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
    disks: disks.map(({ map: _map, ...disk }) => disk),
  };
};
