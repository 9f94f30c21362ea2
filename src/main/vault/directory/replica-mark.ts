import { ReplicationError } from '../../../contract/errors.ts';
import { openDiskLayer } from '../../disk/open-disk.ts';
import { formatBesides } from '../../platform/size-words.ts';
import type { VmFolder } from './vm-folder.ts';
import type { DiskRecord, VmRecord } from './vm-record.ts';

type Mark = NonNullable<DiskRecord['written']>;

/** What a replica's file says of the last change of its content. Times are left out: copying a vault changes them. */
const markOf = (folder: VmFolder, disk: DiskRecord): Mark => {
  const path = folder.file(disk.file);
  const layer = openDiskLayer(path);
  layer.close();
  return { dataWriteGuid: layer.linkage, fileBytes: folder.ops.state(path)?.sizeBytes ?? 0 };
};

/** The record with the marks of the replicas that a commit has just changed. */
export const withMarks = (folder: VmFolder, record: VmRecord, changed: ReadonlySet<string>): VmRecord => ({
  ...record,
  disks: record.disks.map((disk) =>
    changed.has(disk.diskId) ? { ...disk, written: markOf(folder, disk) } : disk,
  ),
});

/**
 * Refuses a replica that something else wrote into since the last commit, however little. Only while no commit is
 * pending: an interrupted one leaves marks of its own, and is finished first. Older records have no mark.
 * @throws REPLICA_INVALID
 */
export const requireUntouched = (folder: VmFolder, disk: DiskRecord): void => {
  const { written } = disk;
  if (written === undefined) return;
  const path = folder.file(disk.file);
  const found = markOf(folder, disk);
  const difference =
    found.dataWriteGuid !== written.dataWriteGuid
      ? `its data write GUID is ${found.dataWriteGuid} instead of ${written.dataWriteGuid}`
      : found.fileBytes !== written.fileBytes
        ? `its file has ${formatBesides(found.fileBytes, written.fileBytes)} instead of ${formatBesides(written.fileBytes, found.fileBytes)}`
        : null;
  if (difference === null) return;
  throw new ReplicationError(
    'REPLICA_INVALID',
    `Another program wrote into the replica ${path} after the last commit: ${difference}.`,
    { file: path },
  );
};
