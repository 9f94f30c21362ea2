import { rmSync } from 'node:fs';
import type { UnprotectResult } from '../../contract/reports.ts';
import type { Job } from '../replication/job-runner.ts';
import type { ConsoleContext } from './console-context.ts';
import { trackingPath } from './vm-status.ts';

/** Disable protection: replication ends, logs and tracking state go, the replica stays unless asked otherwise. */
export const unprotectVm = async (
  context: ConsoleContext,
  vmId: string,
  deleteReplica: boolean,
  job: Job,
): Promise<UnprotectResult> => {
  const record = context.engine.replicator(vmId).vm.record;
  const disks = context.store.protectedDisks.list(vmId);
  await job.step('Stop replication', () => context.engine.removed(vmId));
  if (deleteReplica) {
    await job.step('Delete the replica', () =>
      context.vaults.with(record.vaultName, (vault) => vault.removeVm(vmId)),
    );
  }
  await job.step('Remove logs and tracking state', async () => {
    for (const { diskId, rootPath, excluded } of disks) {
      if (!excluded) await context.pool.run('dropLogs', { diskId, rootPath, sequence: null });
    }
    context.store.protections.remove(vmId);
    rmSync(trackingPath(context.trackingDirectory, vmId), { recursive: true, force: true });
  });
  context.jobs.resume('initial', vmId)?.cancel();
  const kept = deleteReplica ? 'its replica was deleted' : 'its replica stays in the vault';
  context.events.info(`Protection of ${record.name} was disabled; ${kept}.`, { vmId, vm: record.name });
  return { kind: 'unprotect', vm: record.name, replicaDeleted: deleteReplica };
};
