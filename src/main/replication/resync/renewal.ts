import type { ErrorCode } from '../../../contract/error-catalogue.ts';
import { ReplicationError } from '../../../contract/errors.ts';
import { resyncStepNames } from '../../../contract/resync.ts';
import type { FrozenVm } from '../../host/host.ts';
import type { PassProgress, ResyncDiskResult } from '../../workers/protocol.ts';
import type { EngineContext } from '../engine-context.ts';
import type { Job } from '../jobs/job-runner.ts';
import type { ProtectedVm } from '../protected-vm.ts';
import { SentMeter } from '../reports/traffic.ts';
import { type Copy, copyDisk, frozenPath, prepareCopy } from '../shipping/copy-disk.ts';
import type { ShippingOptions } from '../shipping/vm-shipping.ts';
import { asChangingDisk } from '../tracking/changing-disk.ts';
import { ComparedTracking } from './compared-tracking.ts';
import type { ComparisonRun } from './comparison-run.ts';
import { beginComparison } from './prepare-resync.ts';

/** How a resynchronization shares its VM with the cycles that go on. */
export interface ResyncTurns {
  /** Nothing else of the VM runs meanwhile. */
  alone<T>(work: () => Promise<T>): Promise<T>;
  /** Likewise, but `work` may be interrupted by its signal for a cycle, and is then run again: it goes on where it was. */
  inParts<T>(work: (signal: AbortSignal) => Promise<T>): Promise<T>;
}

/** What a log or digests that were lost or damaged while they were being made show as. */
const lostTracking: ReadonlySet<ErrorCode> = new Set([
  'HRL_MISSING',
  'HRL_CORRUPT',
  'HRL_FOREIGN',
  'TRACKING_DAMAGED',
]);

/** Makes the replica of one disk after the other what the frozen disk is, ready to be committed. */
export class Renewal {
  private readonly engine: EngineContext;
  private readonly vm: ProtectedVm;
  private readonly job: Job;
  private readonly run: ComparisonRun;
  private readonly frozen: FrozenVm;
  private readonly cut: number;
  private readonly options: ShippingOptions;
  private readonly turns: ResyncTurns;
  private readonly tracking: ComparedTracking;
  /** The disks that are compared, or are being compared: what changes in them is tracked. */
  private readonly compared: Copy[] = [];

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
    this.tracking = new ComparedTracking(engine, vm, run, cut);
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
    const { diskId } = disk.record;
    let renewed = disk;
    for (;;) {
      try {
        this.compared.push(renewed);
        this.run.of(diskId)?.compared(await this.compare(renewed, tell));
        tell();
        return renewed;
      } catch (error) {
        this.compared.splice(this.compared.indexOf(renewed), 1);
        const { code, message } = ReplicationError.from(error);
        if (code === 'REPLICA_INVALID' || code === 'REPLICA_MISSING')
          return this.copyInstead(renewed, code, message);
        if (!lostTracking.has(code)) throw error;
        renewed = await this.beginAnew(renewed, code, message);
      }
    }
  }

  /** There is nothing to compare with. */
  private async copyInstead(disk: Copy, code: ErrorCode, message: string): Promise<Copy> {
    const { diskId, name } = disk.record;
    this.warn(disk, code, `The replica of ${name} cannot be compared and is copied anew: ${message}`);
    this.vm.dropSideFiles(diskId);
    this.vm.updateDisk(diskId, { phase: 'pending' });
    this.run.of(diskId)?.giveUp();
    const record = { ...disk.record, phase: 'pending' as const };
    const copy = await prepareCopy(this.engine, this.vm, { ...disk, record });
    this.run.copiesInstead(diskId, copy.record.lineage ?? '');
    return this.copy(copy);
  }

  /** The log or the digests of what was compared so far are lost: so is the comparison. */
  private async beginAnew(disk: Copy, code: ErrorCode, message: string): Promise<Copy> {
    const { diskId, name } = disk.record;
    this.warn(disk, code, `The comparison of ${name} begins anew: ${message}`);
    this.tracking.forget(diskId);
    this.run.of(diskId)?.giveUp();
    const begun = await beginComparison(this.engine, this.vm, disk);
    this.run.changeLineage(diskId, begun.record.lineage ?? '');
    return { ...begun, mixed: true };
  }

  private warn({ record }: Copy, code: ErrorCode, text: string): void {
    const subject = { vmId: this.vm.vmId, vm: this.vm.record.name, disk: record.name, code };
    this.engine.events.warning(text, subject);
  }

  private async copy(disk: Copy): Promise<Copy> {
    const source = { ...disk, path: frozenPath(this.frozen, disk), cut: this.cut };
    const { sentBytes } = await copyDisk(this.engine, this.vm, this.job, source, this.options, (work) =>
      this.turns.inParts(work),
    );
    this.run.of(disk.record.diskId)?.copied(sentBytes);
    return disk;
  }

  private async compare(disk: Copy, tell: () => void): Promise<ResyncDiskResult> {
    const { record, host, stamps } = disk;
    const params = {
      replica: this.vm.replicaSpec(),
      source: this.vm.sourceSpec(record, frozenPath(this.frozen, { host })),
      tracking: this.vm.trackingSpec(record),
      cut: this.cut,
      takenAtMs: this.frozen.takenAtMs,
      deep: this.run.record.deep,
    };
    const sent = new SentMeter(this.engine, this.vm.vmId);
    // Where the run began; what interrupts it for a moment afterwards is its own doing.
    let began: { readonly resumedAtBytes: number | null } | null = null;
    const onProgress = (pass: PassProgress) => {
      began ??= { resumedAtBytes: pass.resumedAtBytes };
      if (pass.comparison !== undefined) sent.note(pass.comparison.sentBytes, pass.resumedAtBytes !== null);
      this.run.note(pass, began.resumedAtBytes);
      tell();
      this.options.onProgress(pass);
    };
    try {
      const result = await this.turns.inParts((signal) =>
        this.untilCompared(signal, (until) =>
          this.engine.pool.run('resync', params, { signal: until, onProgress }),
        ),
      );
      sent.note(result.sentBytes, result.resumedAtBytes !== null);
      const { resumedAtBytes } = began ?? result;
      return { ...result, resumedAtBytes };
    } catch (error) {
      throw await asChangingDisk(error, record, host.files, stamps);
    }
  }

  /** Runs a comparison until it is done, with looks at what was written meanwhile in between. */
  private async untilCompared<T>(
    signal: AbortSignal,
    compare: (until: AbortSignal) => Promise<T>,
  ): Promise<T> {
    for (;;) {
      await this.tracking.lookIfDue(this.compared, { signal, onProgress: this.options.onProgress });
      const forLook = new AbortController();
      const ended = new AbortController();
      const due = this.tracking.due(this.compared, AbortSignal.any([signal, ended.signal])).then((isDue) => {
        if (isDue) forLook.abort();
      });
      try {
        return await compare(AbortSignal.any([signal, forLook.signal]));
      } catch (error) {
        const isForLook = forLook.signal.aborted && !signal.aborted;
        if (!isForLook || ReplicationError.from(error).code !== 'CANCELLED') throw error;
      } finally {
        ended.abort();
        await due;
      }
    }
  }
}
