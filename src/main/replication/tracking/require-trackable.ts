import { ReplicationError } from '../../../contract/errors.ts';
import type { ProtectionRecord } from '../../store/records.ts';

/**
 * For work whose turn may have come after it was cancelled, or after the VM was marked: then logs and digests mean
 * nothing any more.
 * @throws ReplicationError `CANCELLED`, `RESYNC_REQUIRED`
 */
export const requireTrackable = (
  { resync, name }: Pick<ProtectionRecord, 'resync' | 'name'>,
  signal: AbortSignal,
): void => {
  if (signal.aborted) throw new ReplicationError('CANCELLED', 'The work was cancelled.', { vm: name });
  if (resync === null || resync.scope === 'disks') return;
  const text = `${name} must be resynchronized first: ${resync.message}`;
  throw new ReplicationError('RESYNC_REQUIRED', text, { vm: name });
};
