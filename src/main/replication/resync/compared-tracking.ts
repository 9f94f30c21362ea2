import type { ErrorCode } from '../../../contract/error-catalogue.ts';
import { ReplicationError } from '../../../contract/errors.ts';
import { elapsedMs } from '../../platform/clock.ts';
import type { ScanResult } from '../../workers/protocol.ts';
import { readCheckpoint } from '../../workers/resyncing/resync-checkpoint.ts';
import type { TaskOptions } from '../../workers/worker-pool.ts';
import type { EngineContext } from '../engine-context.ts';
import type { ProtectedVm } from '../protected-vm.ts';
import type { Copy } from '../shipping/copy-disk.ts';
import { asChangingDisk } from '../tracking/changing-disk.ts';
import { noteOvergrowth } from '../tracking/log-overgrowth.ts';
import { noteScan } from '../tracking/log-room.ts';
import { scanIntoLog } from '../tracking/scan-into-log.ts';
import { type ChainStamps, settledStamps, stoodStill } from '../tracking/stamps.ts';
import type { ComparisonRun } from './comparison-run.ts';

/** The pass was taken back, and the next one, or the cycle after the comparison, finds the same again. */
const leftToLater: ReadonlySet<ErrorCode> = new Set([
  'DISK_CHANGING',
  'HRL_WRITE_FAILED',
  'VOLUME_LOW_SPACE',
]);

/**
 * Tracks what changes in disks while they are compared, at the VM's copy frequency, into fresh logs that build on the
 * comparison's cut:
 *
 * | a block was written             | it is found by                                                            |
 * |---------------------------------|---------------------------------------------------------------------------|
 * | behind the comparison           | the next look, by the comparison's own digests: it goes into the log      |
 * | ahead of it                     | the comparison, when it gets there                                        |
 * | after the last look             | the cycle that the resynchronization ends with                            |
 *
 * A look reads live files and knows only a part of a disk: its cuts are fuzzy, and no state of the VM. The digests say
 * all the while what the comparison and the log come to together.
 */
export class ComparedTracking {
  private readonly engine: EngineContext;
  private readonly vm: ProtectedVm;
  private readonly run: ComparisonRun;
  private readonly cut: number;
  /** What the disks' files looked like when they were last read, by disk id. */
  private readonly seen = new Map<string, ChainStamps | null>();
  private lookedAtMs: number;
  private lastLookMs = 0;
  /** A look was due by passing time, whatever a clock that was set says since. */
  private isOverdue = false;

  constructor(engine: EngineContext, vm: ProtectedVm, run: ComparisonRun, cut: number) {
    this.engine = engine;
    this.vm = vm;
    this.run = run;
    this.cut = cut;
    this.lookedAtMs = engine.clock.now();
  }

  /** Time until the next look; a comparison has at least as long as the look before took. */
  get dueInMs(): number {
    const { clock } = this.engine;
    const periodMs = Math.max(this.vm.record.frequencySeconds * 1000, this.lastLookMs);
    return Math.max(0, periodMs - elapsedMs(clock, this.lookedAtMs));
  }

  /** Resolves when a look is due and a disk was written to since the last one; never after `signal`. */
  async due(disks: readonly Copy[], signal: AbortSignal): Promise<boolean> {
    const { clock } = this.engine;
    while (!signal.aborted) {
      await clock.wait(this.dueInMs, signal);
      if (signal.aborted) break;
      for (const disk of disks) this.isOverdue ||= await this.hasChanged(disk);
      if (this.isOverdue) return true;
      this.lookedAtMs = clock.now();
    }
    return false;
  }

  /**
   * Looks at what is compared of the disks, if that is due. Not while one is being compared.
   * @throws HRL_MISSING, HRL_CORRUPT and the like: the disk's comparison must begin anew
   */
  async lookIfDue(disks: readonly Copy[], options: TaskOptions): Promise<void> {
    if (!this.isOverdue && this.dueInMs > 0) return;
    const { clock } = this.engine;
    const beganAtMs = clock.now();
    this.isOverdue = false;
    for (const disk of disks) if (await this.hasChanged(disk)) await this.look(disk, options);
    this.lookedAtMs = clock.now();
    this.lastLookMs = elapsedMs(clock, beganAtMs);
  }

  /** What was seen of a disk means nothing any more. */
  forget(diskId: string): void {
    this.seen.delete(diskId);
  }

  private async hasChanged({ record, host, stamps }: Copy): Promise<boolean> {
    const seen = this.seen.has(record.diskId) ? this.seen.get(record.diskId) : stamps;
    return !(await stoodStill(host.files, seen));
  }

  private async look(copy: Copy, options: TaskOptions): Promise<void> {
    const { engine, vm, cut } = this;
    const { diskId, name } = copy.record;
    const { lineage, sizeBytes } = vm.disk(copy.record);
    const { deep } = this.run.record;
    const owner = { diskId, lineage: lineage ?? '', sizeBytes, cut, deep };
    const endOffset = readCheckpoint(vm.tablePath(diskId), owner)?.doneOffset ?? 0;
    if (endOffset === 0) return;
    engine.pool.prepare(['scan']);
    const stamps = await settledStamps(copy.host.files, engine.clock, options.signal);
    try {
      await this.scan(copy, { cut, endOffset }, stamps, options);
      this.seen.set(diskId, stamps);
    } catch (error) {
      const { code, message } = ReplicationError.from(error);
      if (!leftToLater.has(code)) throw error;
      const subject = { vmId: vm.vmId, vm: vm.record.name, disk: name, code };
      engine.events.warning(
        `What changed on ${name} during its comparison is looked for later: ${message}`,
        subject,
      );
    }
  }

  private async scan(
    { record, host }: Copy,
    compared: { readonly cut: number; readonly endOffset: number },
    stamps: ChainStamps | null,
    options: TaskOptions,
  ): Promise<void> {
    const { engine, vm } = this;
    const { diskId } = record;
    const uncut = new Set<string>();
    try {
      let scan: ScanResult;
      try {
        scan = await scanIntoLog(engine, vm, vm.disk(record), host.path, options, uncut, compared);
      } catch (error) {
        throw await asChangingDisk(error, record, host.files, stamps);
      }
      if (scan.lowSpace === null && (scan.changedBlocks > 0 || scan.loggedCut !== null)) {
        uncut.delete(diskId);
        const taken = { cut: vm.nextCut(), takenAtMs: engine.clock.now(), consistency: 'fuzzy' as const };
        await engine.pool.run('cut', { diskId, ...taken });
      }
      const before = vm.disk(record).hrl.degraded;
      noteScan(engine, vm, vm.disk(record), scan);
      if (before === null && scan.lowSpace?.overgrown) {
        const { disks, startedAtMs } = this.run.record;
        const sentBytes = disks.reduce((sum, disk) => sum + disk.sentBytes, 0);
        const soFar = { sentBytes, elapsedMs: elapsedMs(engine.clock, startedAtMs) };
        noteOvergrowth(engine, vm, vm.disk(record), soFar);
      }
      engine.traffic.changed(vm.vmId, scan.changedBytes);
      engine.statusChanged(vm.vmId);
    } finally {
      for (const each of uncut) await engine.pool.run('rollback', { diskId: each });
    }
  }
}
