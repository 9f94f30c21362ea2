import type { StepText } from '../../../contract/engine-phrases.ts';
import { isEnded } from '../../../contract/job-reports.ts';
import {
  type ResyncProgress,
  type ResyncStep,
  resyncStepNames,
  resyncSteps,
} from '../../../contract/resync.ts';
import type { ComparedSource, ComparisonRecord } from '../../store/comparison-record.ts';
import type { PassProgress } from '../../workers/protocol.ts';
import type { EngineContext } from '../engine-context.ts';
import type { Job } from '../jobs/job-runner.ts';
import type { ProtectedVm } from '../protected-vm.ts';
import { ComparisonMeter } from './comparison-meter.ts';

/** Figures are written down this often: what is shown of a run that a crash ended. */
const persistIntervalMs = 5_000;

const iso = (ms: number): string => new Date(ms).toISOString();
const sum = <T>(items: readonly T[], of: (item: T) => number): number =>
  items.reduce((total, item) => total + of(item), 0);

/** The steps of its job. */
export const resyncJobSteps: readonly StepText[] = resyncSteps.map((step) => resyncStepNames[step]);

/** One VM's resynchronization: the record it goes on from after an interruption, and its figures. */
export class ComparisonRun {
  private readonly engine: EngineContext;
  private readonly vm: ProtectedVm;
  private readonly figures = new Map<string, ComparisonMeter>();
  private step: ResyncStep | null = null;
  private persistedAtMs = 0;

  constructor(engine: EngineContext, vm: ProtectedVm) {
    this.engine = engine;
    this.vm = vm;
  }

  get record(): ComparisonRecord {
    return this.engine.store.comparisons.get(this.vm.vmId) ?? this.blank(0, false);
  }

  /**
   * The job that waits to go on, or a new one. What an earlier job left is gone on with, unless a person cancelled that or
   * asks for another kind of comparison.
   */
  begin(deep: boolean): Job {
    const { record } = this;
    const { store, jobs } = this.engine;
    const { vmId } = this.vm;
    const job =
      jobs.resume('resync', vmId) ?? jobs.create('resync', vmId, this.vm.record.name, resyncJobSteps);
    if (record.jobId === job.id && (record.deep || !deep)) return job;
    const goesOn =
      record.endedAtMs === null &&
      record.deep === deep &&
      record.cut !== null &&
      store.jobs.get(record.jobId)?.state !== 'cancelled';
    this.figures.clear();
    store.comparisons.put(goesOn ? { ...record, jobId: job.id } : this.blank(job.id, deep));
    return job;
  }

  update(change: Partial<ComparisonRecord>): void {
    this.engine.store.comparisons.put({ ...this.record, ...change });
  }

  /** What the disk's comparison was begun with; null where none was. */
  sourceOf(diskId: string): ComparedSource | null {
    return this.record.sources.find((source) => source.diskId === diskId) ?? null;
  }

  /** Runs a step of the job, seen under its name of the contract. */
  async during<T>(step: ResyncStep, work: () => Promise<T>): Promise<T> {
    const before = this.step;
    this.step = step;
    this.engine.statusChanged(this.vm.vmId);
    try {
      return await work();
    } finally {
      this.step = before;
      if (before === null && this.figures.size > 0) this.persist();
    }
  }

  watch(
    disks: readonly { readonly diskId: string; readonly name: string; readonly sizeBytes: number }[],
  ): void {
    const earlier = this.record.resumedAtMs === null ? [] : this.record.disks;
    this.figures.clear();
    for (const disk of disks) {
      const known = earlier.find(({ id }) => id === disk.diskId) ?? null;
      this.figures.set(disk.diskId, new ComparisonMeter(disk, known));
    }
    this.persist();
  }

  /** The replica of a disk turned out to be nothing to compare with. */
  copiesInstead(diskId: string, lineage: string): void {
    const sources = this.record.sources.map((source) =>
      source.diskId === diskId ? { ...source, lineage, base: null } : source,
    );
    this.update({ sources });
  }

  /** A disk's comparison began anew. */
  changeLineage(diskId: string, lineage: string): void {
    const sources = this.record.sources.map((source) =>
      source.diskId === diskId ? { ...source, lineage } : source,
    );
    this.update({ sources });
  }

  /** Whether the logs of a disk are those of a comparison that is under way, or goes on. */
  holdsLogsOf({ diskId, lineage }: { readonly diskId: string; readonly lineage: string | null }): boolean {
    const { endedAtMs, jobId } = this.record;
    const state = this.engine.store.jobs.get(jobId)?.state;
    if (endedAtMs !== null || state === undefined || isEnded(state)) return false;
    return lineage !== null && this.sourceOf(diskId)?.lineage === lineage;
  }

  of(diskId: string): ComparisonMeter | undefined {
    return this.figures.get(diskId);
  }

  /** @param resumedAtBytes where the run began; a pass may be a later part of it */
  note(pass: PassProgress, resumedAtBytes: number | null): void {
    const { clock } = this.engine;
    this.of(pass.diskId)?.note(pass, resumedAtBytes, clock);
    if (Math.abs(clock.now() - this.persistedAtMs) >= persistIntervalMs) this.persist();
  }

  end(): void {
    this.persist();
    this.update({ endedAtMs: this.engine.clock.now(), commit: null, sources: [] });
  }

  /** Null while nothing runs. */
  progress(): ResyncProgress | null {
    const { step } = this;
    if (step === null) return null;
    const { jobId, startedAtMs, resumedAtMs, deep } = this.record;
    const disks = [...this.figures.values()].map((figures) => figures.progress());
    const toGoBlocks = sum(disks, (disk) => disk.toGoBlocks);
    const atWork = disks.find(({ etaSeconds, toGoBlocks: left }) => etaSeconds !== null && left > 0);
    return {
      jobId,
      step,
      startedAt: iso(startedAtMs),
      resumedAt: resumedAtMs === null ? null : iso(resumedAtMs),
      deep,
      comparedBlocks: sum(disks, (disk) => disk.comparedBlocks),
      differentBlocks: sum(disks, (disk) => disk.differentBlocks),
      sentBlocks: sum(disks, (disk) => disk.sentBlocks),
      toGoBlocks,
      totalBlocks: sum(disks, (disk) => disk.totalBlocks),
      sentBytes: sum(disks, (disk) => disk.sentBytes),
      savedBytes: sum(disks, (disk) => disk.savedBytes),
      // The disks that wait are taken to be like the one at work.
      etaSeconds: atWork === undefined ? null : ((atWork.etaSeconds ?? 0) * toGoBlocks) / atWork.toGoBlocks,
      disks,
    };
  }

  private persist(): void {
    this.persistedAtMs = this.engine.clock.now();
    this.update({ disks: [...this.figures.values()].map(({ disk }) => disk) });
  }

  private blank(jobId: number, deep: boolean): ComparisonRecord {
    return {
      vmId: this.vm.vmId,
      jobId,
      deep,
      startedAtMs: this.engine.clock.now(),
      resumedAtMs: null,
      endedAtMs: null,
      cut: null,
      takenAtMs: null,
      sources: [],
      commit: null,
      disks: [],
    };
  }
}
