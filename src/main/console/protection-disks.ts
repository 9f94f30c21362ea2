import type { DisksReport } from '../../contract/disk-selection.ts';
import type { StepText } from '../../contract/engine-phrases.ts';
import { ReplicationError } from '../../contract/errors.ts';
import type { CheckedParams } from '../../contract/requests.ts';
import { onlyJoins } from '../replication/marked-disk.ts';
import type { ProtectionRecord } from '../store/records.ts';
import { excludeStep, includeStep } from './carry-out-disks.ts';
import { chooseChange, type DiskChange } from './choose-change.ts';
import type { ConsoleContext } from './console-context.ts';
import { startJob } from './job-works.ts';
import { checkInclusion } from './prerequisites.ts';
import { findProtected } from './vm-status.ts';

type Params = CheckedParams<'protection.disks'>;

/**
 * Includes disks in a VM's protection or leaves them out: what can be refused is refused before anything is changed, the
 * change itself is a job.
 * @throws STATE_INVALID, the first prerequisite that fails, and what `chooseChange` throws
 */
export const changeDisks = async (context: ConsoleContext, params: Params): Promise<DisksReport> => {
  const record = findProtected(context, params.vm);
  const { vmId, name, vaultName } = record;
  const vm = await context.hostKeeper.find(vmId);
  const records = context.store.protectedDisks.list(vmId);
  const change = chooseChange(vm, records, params);
  requireChangeable(context, record, change);
  const kept = vm.disks.filter(({ id }) =>
    records.some((one) => !one.excluded && (one.hostDiskId ?? one.diskId) === id),
  );
  const checks =
    change.include.length === 0 ? [] : await checkInclusion(context, vm, change.include, kept, vaultName);
  if (params.checkOnly === true) return { vm: name, checks, job: null };
  const refusal = checks.find(({ error }) => error !== null)?.error;
  if (refusal) throw ReplicationError.fromReport(refusal).forVm(name);
  const input = {
    vm: vmId,
    include: change.include.map(({ id }) => id),
    exclude: [...change.note.map(({ id }) => id), ...change.end.map(({ diskId }) => diskId)],
  };
  const steps: StepText[] = [
    ...(input.exclude.length === 0 ? [] : [excludeStep]),
    ...(input.include.length === 0 ? [] : [includeStep]),
  ];
  return { vm: name, checks, job: startJob(context, 'disks', record, input, steps) };
};

/** @throws STATE_INVALID */
const requireChangeable = (
  context: ConsoleContext,
  { vmId, name, committedCut, resync, rebuiltAtMs }: ProtectionRecord,
  { include, end }: DiskChange,
): void => {
  const replicator = context.engine.replicator(vmId);
  if (include.length + end.length === 0) return;
  const refuse = (text: string): never => {
    throw new ReplicationError('STATE_INVALID', text, { vm: name });
  };
  if (committedCut === 0)
    refuse(`The first copy of ${name} is not complete: include and exclude disks after it.`);
  if (end.length > 0) replicator.refuseWhileResynchronizing('exclude a disk');
  if (include.length === 0) return;
  if (rebuiltAtMs !== undefined) refuse(`${name} has not yet been looked up at its vault.`);
  if (resync !== null && !onlyJoins({ resync }, replicator.vm.disks))
    refuse(`${name} must be resynchronized first: ${resync.message}`);
};
