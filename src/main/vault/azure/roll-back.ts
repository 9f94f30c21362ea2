import { ReplicationError } from '../../../contract/errors.ts';
import { atAzure } from './azure-errors.ts';
import type { DiskRecord, DiskState, Session, VmRecord } from './azure-record.ts';
import { dropUnneeded } from './retention.ts';
import { deltaName, type VmBlobs } from './vm-blobs.ts';

/**
 * Makes a disk's blobs what they were at the last commit: the service copies the snapshots over them. New snapshots take
 * the place of the old ones, points' too: in the emulator a blob and the snapshot that was copied over it share one page
 * list, and what is written to one appears in the other.
 * @throws REPLICA_MISSING when a snapshot is gone
 */
export const rollBack = async (
  blobs: VmBlobs,
  leaseId: string,
  { record, etag }: Session,
  disk: DiskRecord,
): Promise<DiskRecord> => {
  await promote(blobs, leaseId, disk.data, disk.snapshot);
  await promote(blobs, leaseId, disk.digests, disk.digestsSnapshot);
  const data = await snapshotOf(blobs, leaseId, disk.data);
  const digests = await snapshotOf(blobs, leaseId, disk.digests);
  const renamed = <T extends DiskState>(state: T): T =>
    state.data === disk.data && state.snapshot === disk.snapshot
      ? { ...state, snapshot: data.snapshot, digestsSnapshot: digests.snapshot }
      : state;
  const rolledBack: DiskRecord = { ...renamed(disk), dataEtag: data.etag, digestsEtag: digests.etag };
  const next: VmRecord = {
    ...record,
    disks: record.disks.map((entry) => (entry === disk ? rolledBack : entry)),
    points: record.points.map((point) => ({ ...point, disks: point.disks.map(renamed) })),
  };
  await blobs.writeRecord(next, etag);
  await blobs.remove(deltaName(disk.diskId));
  await dropUnneeded(blobs, record, next);
  return rolledBack;
};

const promote = (blobs: VmBlobs, leaseId: string, name: string, snapshot: string): Promise<void> =>
  atAzure(`${blobs.url(name)} (${snapshot})`, async () => {
    const client = blobs.pages(name);
    const copy = await client.beginCopyFromURL(client.withSnapshot(snapshot).url, {
      conditions: { leaseId },
      intervalInMs: 500,
    });
    const { copyStatus } = await copy.pollUntilDone();
    if (copyStatus === 'success') return;
    const file = blobs.url(name);
    const text = `The service did not copy the snapshot ${snapshot} over ${file} (${copyStatus}).`;
    throw new ReplicationError('VAULT_WRITE_FAILED', text, { file });
  });

/** A snapshot of a blob as it is, and the ETag it has then; with `ifMatch` only of the state that has it. */
export const snapshotOf = (
  blobs: VmBlobs,
  leaseId: string,
  name: string,
  ifMatch?: string,
): Promise<{ readonly snapshot: string; readonly etag: string }> =>
  atAzure(blobs.url(name), async () => {
    const conditions = ifMatch === undefined ? { leaseId } : { leaseId, ifMatch };
    const { snapshot } = await blobs.pages(name).createSnapshot({ conditions });
    const etag = ifMatch ?? (await blobs.head(name))?.etag;
    return { snapshot: snapshot ?? '', etag: etag ?? '' };
  });
