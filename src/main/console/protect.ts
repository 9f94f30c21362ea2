import { ReplicationError } from '../../contract/errors.ts';
import type { PrerequisiteCheck } from '../../contract/prerequisites.ts';
import type { ProtectReport } from '../../contract/reports.ts';
import type { CheckedParams } from '../../contract/requests.ts';
import type { HostVm } from '../host/host.ts';
import { initialJob } from '../replication/jobs/initial-job.ts';
import type { Job } from '../replication/jobs/job-runner.ts';
import { ProtectedVm } from '../replication/protected-vm.ts';
import { vaultDisk } from '../replication/vault-entry.ts';
import type { ProtectionRecord } from '../store/records.ts';
import { chooseDisks } from './choose-disks.ts';
import type { ConsoleContext } from './console-context.ts';
import { diskRecord, unknownDisk } from './disk-record.ts';
import { nothingReplicated } from './nothing-replicated.ts';
import { checkPrerequisites } from './prerequisites.ts';
import { vmStatus } from './vm-status.ts';

type ProtectParams = CheckedParams<'protect'>;

const steps = [
  'Check the prerequisites',
  'Create the replication relationship',
  'Start initial replication',
] as const;

/**
 * Enable protection: the prerequisites one by one, then the relationship here and at the vault, then initial
 * replication as a job of its own. Asking again for the same thing before initial replication is complete answers with
 * its job, and lets it go on where it was paused, cancelled or failed.
 */
export const protect = async (context: ConsoleContext, params: ProtectParams): Promise<ProtectReport> => {
  const vm = await context.hostKeeper.find(params.vm);
  if (params.checkOnly) {
    const checks = await checkPrerequisites(context, vm, chooseDisks(vm, params.exclude), params.vault);
    return { vm: vm.name, checks, status: null, job: null };
  }
  const existing = context.store.protections.get(vm.id);
  if (existing !== null) return alreadyProtected(context, existing, params);
  chooseDisks(vm, params.exclude);
  requireNearStart(context, params);
  context.vaults.get(params.vault);
  const rival = context.jobs.resume('protect', vm.id);
  if (rival?.record.state === 'running') {
    // Somebody else asked for it at the same time.
    await context.jobs.wait(rival.id);
    return protect(context, params);
  }
  const { checkOnly: _never, ...input } = { ...params, vm: vm.id };
  const job = rival ?? context.jobs.create('protect', vm.id, vm.name, steps, input);
  return enableProtection(context, params, job);
};

/** Carries out the job of enabling protection, also one that an earlier run left. @throws what it failed with */
export const enableProtection = async (
  context: ConsoleContext,
  params: ProtectParams,
  job: Job,
): Promise<ProtectReport> => {
  const { vmId } = job.record;
  job.running();
  try {
    let checks: readonly PrerequisiteCheck[] = [];
    if (context.store.protections.get(vmId) === null) {
      const vm = await context.hostKeeper.find(vmId);
      checks = await job.step(steps[0], () => requirePrerequisites(context, vm, params));
      await job.step(steps[1], () => createRelationship(context, vm, params));
    }
    const initial = await job.step(steps[2], async () => {
      const vm = new ProtectedVm(context, vmId);
      const first = initialJob(context, vm);
      context.engine.added(vmId);
      return first;
    });
    job.succeed({ kind: 'protect', vm: job.record.vm, vault: params.vault, initialJob: initial.id });
    context.statusChanged(vmId);
    return { vm: job.record.vm, checks, status: await vmStatus(context, vmId), job: initial.report };
  } catch (thrown) {
    const error = ReplicationError.from(thrown).forVm(job.record.vm);
    context.events.error(error.toReport(), { vmId, vm: job.record.vm });
    job.fail(error);
    throw error;
  }
};

const requirePrerequisites = async (
  context: ConsoleContext,
  vm: HostVm,
  params: ProtectParams,
): Promise<readonly PrerequisiteCheck[]> => {
  const checks = await checkPrerequisites(context, vm, chooseDisks(vm, params.exclude), params.vault);
  const refusal = checks.find(({ error }) => error !== null)?.error;
  if (refusal) throw ReplicationError.fromReport(refusal).forVm(vm.name);
  return checks;
};

const createRelationship = async (
  context: ConsoleContext,
  vm: HostVm,
  params: ProtectParams,
): Promise<void> => {
  const { included, excluded, leftOut } = chooseDisks(vm, params.exclude);
  const record = newRecord(context, vm, params);
  await context.vaults.with(params.vault, (vault) =>
    vault.saveVm({
      vmId: vm.id,
      name: vm.name,
      generation: vm.generation,
      disks: included.map((disk) => vaultDisk(diskRecord(vm, disk, false), disk)),
      frequencySeconds: record.frequencySeconds,
      retentionPoints: record.retentionPoints,
      retentionHours: record.retentionHours ?? null,
      protectedAtMs: record.protectedAtMs,
      writer: context.installation,
    }),
  );
  context.store.transaction(() => {
    context.store.protections.put(record);
    for (const disk of included) context.store.protectedDisks.put(diskRecord(vm, disk, false));
    for (const disk of excluded) context.store.protectedDisks.put(diskRecord(vm, disk, true));
    for (const disk of leftOut) context.store.protectedDisks.put(diskRecord(vm, unknownDisk(disk), true));
  });
  context.events.info(`Protection of ${vm.name} was enabled into the vault "${params.vault}".`, {
    vmId: vm.id,
    vm: vm.name,
  });
};

const alreadyProtected = async (
  context: ConsoleContext,
  existing: ProtectionRecord,
  params: ProtectParams,
): Promise<ProtectReport> => {
  if (existing.committedCut !== 0 || existing.vaultName !== params.vault) {
    const text = `${existing.name} is protected already, into the vault "${existing.vaultName}".`;
    throw new ReplicationError('VM_ALREADY_PROTECTED', text, { vm: existing.name });
  }
  const job = context.engine.replicator(existing.vmId).askForInitial();
  return { vm: existing.name, checks: [], status: await vmStatus(context, existing.vmId), job: job.report };
};

const dayMs = 24 * 3_600_000;

/** @throws INPUT_INVALID for a start more than 24 hours away */
const requireNearStart = ({ clock }: ConsoleContext, { startAt }: ProtectParams): void => {
  if (startAt === undefined || Date.parse(startAt) <= clock.now() + dayMs) return;
  throw new ReplicationError('INPUT_INVALID', 'startAt: the first copy can begin within 24 hours.');
};

const newRecord = (context: ConsoleContext, vm: HostVm, params: ProtectParams): ProtectionRecord => ({
  vmId: vm.id,
  name: vm.name,
  path: vm.path,
  vaultName: params.vault,
  ...context.settings.get('newProtection'),
  ...(params.frequencySeconds === undefined ? {} : { frequencySeconds: params.frequencySeconds }),
  ...(params.retentionPoints === undefined ? {} : { retentionPoints: params.retentionPoints }),
  ...(params.retentionHours === undefined ? {} : { retentionHours: params.retentionHours }),
  ...(params.uploadThreads === undefined ? {} : { uploadThreads: params.uploadThreads }),
  state: 'WaitingForInitialReplication',
  pausedAtMs: null,
  protectedAtMs: context.clock.now(),
  ...nothingReplicated,
  ...(params.startAt === undefined ? {} : { initialStartAtMs: Date.parse(params.startAt) }),
});
