import { rmSync } from 'node:fs';
import { ReplicationError } from '../../contract/errors.ts';
import type { UnprotectResult } from '../../contract/job-reports.ts';
import type { Job } from '../replication/jobs/job-runner.ts';
import type { ProtectionRecord } from '../store/records.ts';
import type { ConsoleContext } from './console-context.ts';
import { trackingPath } from './vm-status.ts';

/**
 * Disable protection: replication ends, logs and tracking state go, the replica stays unless asked otherwise. When a step
 * fails the VM stays protected and goes on.
 */
export const unprotectVm = async (
  context: ConsoleContext,
  { vmId, vm: name }: { readonly vmId: string; readonly vm: string },
  deleteReplica: boolean,
  job: Job,
): Promise<UnprotectResult> => {
  job.plan(deleteReplica ? [deleteStep, removeStep] : [removeStep]);
  const record = context.store.protections.get(vmId);
  // Gone on with after a crash that came when all but the last step was done.
  if (record === null) await job.step(removeStep, async () => removeTracking(context, vmId));
  else await removeProtection(context, record, deleteReplica, job);
  for (const kind of ['initial', 'finalize', 'resync'] as const) {
    const text = `The protection of ${name} was removed.`;
    context.jobs.resume(kind, vmId)?.fail(new ReplicationError('CANCELLED', text, { vm: name }));
  }
  const kept = deleteReplica ? 'its replica was deleted' : 'its replica stays in the vault';
  context.events.info(`Protection of ${name} was disabled; ${kept}.`, { vmId, vm: name });
  context.statusChanged(vmId);
  return { kind: 'unprotect', vm: name, replicaDeleted: deleteReplica };
};

const deleteStep = 'Delete the replica';
const removeStep = 'Remove logs and tracking state';

const removeProtection = (
  context: ConsoleContext,
  { vmId, vaultName }: ProtectionRecord,
  deleteReplica: boolean,
  job: Job,
): Promise<void> =>
  context.engine.remove(vmId, async () => {
    const disks = context.store.protectedDisks.list(vmId);
    if (deleteReplica) {
      await job.step(deleteStep, () => deleteFromVault(context, vaultName, vmId));
    }
    await job.step(removeStep, async () => {
      for (const { diskId, rootPath, excluded } of disks) {
        if (!excluded) await dropLogs(context, diskId, rootPath);
      }
      context.store.protections.remove(vmId);
      removeTracking(context, vmId);
    });
  });

const removeTracking = ({ trackingDirectory }: ConsoleContext, vmId: string): void =>
  rmSync(trackingPath(trackingDirectory, vmId), { recursive: true, force: true });

/** A replica that is gone already is as deleted as it can be. */
const deleteFromVault = async (context: ConsoleContext, vaultName: string, vmId: string): Promise<void> => {
  try {
    await context.vaults.with(vaultName, (vault) => vault.removeVm(vmId));
  } catch (error) {
    if (!(error instanceof ReplicationError && error.code === 'REPLICA_MISSING')) throw error;
  }
};

/** A disk whose folder is gone has no logs left: that must not keep its VM protected for ever. */
export const dropLogs = async (context: ConsoleContext, diskId: string, rootPath: string): Promise<void> => {
  try {
    await context.pool.run('dropLogs', { diskId, rootPath, sequence: null });
  } catch (thrown) {
    const error = ReplicationError.from(thrown);
    if (error.code !== 'HRL_READ_FAILED') throw error;
    context.events.warning(`The logs of ${rootPath} were not removed: ${error.message}`, { disk: rootPath });
  }
};
