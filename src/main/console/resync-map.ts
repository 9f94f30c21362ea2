import { ReplicationError } from '../../contract/errors.ts';
import type { ResyncMapReport } from '../../contract/resync.ts';
import type { ProtectionRecord } from '../store/records.ts';
import type { ConsoleContext } from './console-context.ts';

/**
 * What the resynchronization that runs knows of a VM's disks, or what the last one knew at its end.
 * @throws INPUT_INVALID when the VM has no disk of that name
 */
export const resyncMap = (
  { store, engine }: ConsoleContext,
  { vmId, name }: ProtectionRecord,
  key: string | undefined,
): ResyncMapReport => {
  const record = store.comparisons.get(vmId);
  const disks = engine.peek(vmId)?.comparison.progress()?.disks ?? record?.disks ?? [];
  const isKey = ({ id, name: diskName }: { readonly id: string; readonly name: string }) =>
    key === undefined || id === key || diskName.toLowerCase() === key.toLowerCase();
  const known = store.protectedDisks
    .list(vmId)
    .some(({ diskId, name: diskName }) => isKey({ id: diskId, name: diskName }));
  if (!known) {
    throw new ReplicationError('INPUT_INVALID', `${name} has no disk "${key}".`, { vm: name });
  }
  const iso = (ms: number | null | undefined) => (ms == null ? null : new Date(ms).toISOString());
  return {
    vmId,
    vm: name,
    jobId: record?.jobId ?? null,
    startedAt: iso(record?.startedAtMs),
    endedAt: iso(record?.endedAtMs),
    disks: disks.filter(isKey),
  };
};
