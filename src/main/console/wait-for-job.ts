import { isEnded, type JobReport, type JobState } from '../../contract/job-reports.ts';
import type { ConsoleContext } from './console-context.ts';

const waiting: ReadonlySet<JobState> = new Set([
  'waitingForRetry',
  'waitingForWindow',
  'waitingForInput',
  'paused',
]);

const isWaiting = ({ state }: JobReport): boolean => waiting.has(state);

/**
 * The job once it has ended, or waits for somebody to act. In an engine that does not replicate by itself, also once it
 * waits for anything else: nothing there would ever bring it on.
 */
export const waitForJob = async (context: ConsoleContext, id: number): Promise<JobReport> => {
  const { engine, jobs } = context;
  const { kind, state, vmId } = jobs.get(id);
  if (engine.isStarted || isEnded(state)) return jobs.wait(id, (job) => job.state === 'waitingForInput');
  if (kind === 'initial') {
    // The one who waits drives the copy, one attempt: until it ends the job shows what the one before came to.
    const attempt = engine.replicator(vmId).initial();
    context.background.run(`The job ${id}`, () => attempt);
    await Promise.race([jobs.wait(id), attempt]);
    return jobs.wait(id, (job) => job.state === 'waitingForRetry' || job.state === 'waitingForInput');
  }
  // One that was gone on with shows what it waited for until its turn comes.
  if (kind === 'resync') await Promise.race([jobs.wait(id), engine.replicator(vmId).resyncEnded()]);
  return jobs.wait(id, isWaiting);
};
