import type { StepText } from '../../contract/engine-phrases.ts';
import { ReplicationError } from '../../contract/errors.ts';
import type { JobKind, JobReport, JobResult } from '../../contract/job-reports.ts';
import { type CheckedParams, type RequestName, requests } from '../../contract/requests.ts';
import { finalizeJob, finalizeProtection } from '../replication/jobs/finalize.ts';
import type { Job } from '../replication/jobs/job-runner.ts';
import type { VmReplicator } from '../replication/vm-replicator.ts';
import { carryOutDisks } from './carry-out-disks.ts';
import { changeProtection } from './change-protection.ts';
import type { ConsoleContext } from './console-context.ts';
import { enableProtection } from './protect.ts';
import { restoreJob } from './restore.ts';
import { unprotectVm } from './unprotect.ts';
import { verifyVm } from './verify.ts';

/**
 * Jobs that an earlier run left and that go on from here; `initial`, `resync` and `finalize` go on with their VM's
 * replication.
 *
 * | kind      | goes on                                                                              |
 * |-----------|--------------------------------------------------------------------------------------|
 * | protect   | from its checks; where the relationship was recorded already, with the first copy    |
 * | cycle     | as a new cycle: what was tracked and sealed is sent                                  |
 * | verify    | from the start: a comparison of now says nothing of then                             |
 * | restore   | with the disks that are not done, of the same recovery point                         |
 * | unprotect | from the start: each of its steps may be done twice                                  |
 * | change    | from the start, likewise                                                             |
 * | disks     | from the start, likewise                                                             |
 */
export const resumedHere = ['protect', 'cycle', 'verify', 'restore', 'unprotect', 'change', 'disks'] as const;

/** Starts a job. Long work answers with it at once; its failure is the job's. */
export const startJob = (
  context: ConsoleContext,
  kind: JobKind,
  vm: { readonly vmId: string; readonly name: string },
  input: object,
  steps: readonly StepText[] = [],
): JobReport => {
  const job = context.jobs.create(kind, vm.vmId, vm.name, steps, input);
  carryOut(context, job);
  return job.report;
};

/** Goes on, in the background, with what an earlier run left. */
export const resumeJobs = (context: ConsoleContext, jobs: readonly Job[]): void => {
  for (const job of jobs) {
    if (job.record.kind !== 'restore') job.startOver();
    carryOut(context, job);
  }
};

const carryOut = (context: ConsoleContext, job: Job): void => {
  const { kind, vmId, vm } = job.record;
  context.background.run(`The job ${job.id}`, async () => {
    // What it failed of is in its job and among the events already.
    if (kind === 'protect')
      return enableProtection(context, inputOf(job, 'protect'), job).catch(() => undefined);
    const failed = (failure: ReplicationError) => context.events.error(failure.toReport(), { vmId, vm });
    if (kind !== 'cycle') return context.jobs.carryOut(job, () => workOf(context, job), failed);
    return syncNow(context, job);
  });
};

const workOf = (context: ConsoleContext, job: Job): Promise<JobResult> => {
  const { kind, vmId } = job.record;
  switch (kind) {
    case 'verify':
      return verifyVm(context, context.engine.replicator(vmId), job);
    case 'restore':
      return restoreJob(context, inputOf(job, 'restore'), job);
    case 'unprotect':
      return unprotectVm(context, job.record, inputOf(job, 'unprotect').deleteReplica ?? false, job);
    case 'disks':
      return carryOutDisks(context, { vmId }, inputOf(job, 'protection.disks'), job);
    case 'change':
      return changeProtection(context, { vmId }, inputOf(job, 'protection.change'), job);
    default:
      throw new ReplicationError('STATE_INVALID', `A job of the kind ${kind} cannot be gone on with here.`);
  }
};

/** A cycle by hand. What has no complete replica yet gets it first. */
const syncNow = async (context: ConsoleContext, job: Job): Promise<void> => {
  let replicator: VmReplicator;
  try {
    replicator = context.engine.replicator(job.record.vmId);
  } catch (error) {
    // The protection ended since it was asked for.
    return job.fail(ReplicationError.from(error));
  }
  if (replicator.needsInitial) await replicator.initial();
  await replicator.cycle(job);
};

/** What was asked for. @throws STATE_INVALID for a job of an older version, which did not write it down */
const inputOf = <N extends RequestName>(job: Job, request: N): CheckedParams<N> => {
  const checked = requests[request].params.safeParse(job.record.input);
  if (checked.success) return checked.data as CheckedParams<N>;
  const { vm } = job.record;
  throw new ReplicationError(
    'STATE_INVALID',
    `The job ${job.id} was begun by another version: start it anew.`,
    { vm },
  );
};

/** The request that does again what a job of the kind did. */
const requestOf = {
  protect: 'protect',
  cycle: 'sync',
  resync: 'resync',
  verify: 'verify',
  restore: 'restore',
  unprotect: 'unprotect',
  change: 'protection.change',
  disks: 'protection.disks',
} as const satisfies Partial<Record<JobKind, RequestName>>;

/** Does what a failed or cancelled job was to do again. @throws STATE_INVALID, and what its request throws */
export const restartJob = async (
  context: ConsoleContext,
  id: number,
  ask: (request: RequestName, params: unknown) => Promise<unknown>,
): Promise<JobReport> => {
  const report = context.jobs.get(id);
  const { kind, vmId, vm, canRestart } = report;
  if (!canRestart) {
    const text = `The job ${id} of ${vm} cannot be restarted: it is ${report.state}.`;
    throw new ReplicationError('STATE_INVALID', text, { vm });
  }
  if (kind === 'initial') return context.engine.replicator(vmId).askForInitial().report;
  if (kind === 'finalize') {
    const replicator = context.engine.replicator(vmId);
    const job = finalizeJob(context, replicator.vm);
    context.background.run(`The job ${job.id}`, () => finalizeProtection(context, replicator.vm, job));
    return job.report;
  }
  if (kind === 'vault') throw new ReplicationError('STATE_INVALID', 'Add the vault again.');
  const answer = await ask(requestOf[kind], context.jobs.inputOf(id) ?? { vm: vmId });
  if (kind === 'protect' || kind === 'disks') return newestOf(context, kind, vmId);
  return answer as JobReport;
};

/** Of what answers with more than its job: that is the newest of its kind. */
const newestOf = (context: ConsoleContext, wanted: JobKind, vmId: string): JobReport => {
  const job = context.jobs
    .list(undefined)
    .find((candidate) => candidate.kind === wanted && candidate.vmId === vmId);
  if (job === undefined) throw new ReplicationError('JOB_NOT_FOUND', 'There is no such job.');
  return job;
};
