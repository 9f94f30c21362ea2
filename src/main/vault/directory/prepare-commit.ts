import { posix } from 'node:path';
import { ReplicationError } from '../../../contract/errors.ts';
import { LogReader } from '../../hrl/log-reader.ts';
import { memberIds, newPointId } from '../catalogue-record.ts';
import type { VmCut } from '../replica-vault.ts';
import { captureBeforeImages } from './before-images.ts';
import { diskFolderOf, partialFileOf, readInitial, readStaged, stagedLog } from './disk-folder.ts';
import { requireUntouched } from './replica-mark.ts';
import { withoutRetired } from './retention.ts';
import type { VmFolder } from './vm-folder.ts';
import {
  type CommitChange,
  type CommitRecord,
  type DiskRecord,
  type InitialRecord,
  type PointRecord,
  recordFormat,
  type VmRecord,
} from './vm-record.ts';

/**
 * Everything that a commit can fail at because of content, before anything is committed: checks what is sealed, saves
 * what will be overwritten, and works out the record that the commit makes true.
 * @throws HRL_OUT_OF_SEQUENCE, REPLICA_INVALID
 */
export const prepareCommit = async (
  folder: VmFolder,
  record: VmRecord,
  cut: VmCut,
): Promise<CommitRecord> => {
  const parts = [...new Set(cut.diskIds)].map((diskId) => sealedPart(folder, record, diskId, cut.cut));
  const complete = new Set([...record.disks.map((disk) => disk.diskId), ...cut.diskIds]);
  const becomesPoint =
    cut.consistency !== 'fuzzy' && [...memberIds(record.vm)].every((id) => complete.has(id));
  const sequence = record.sequence + 1;

  const disks = new Map(record.disks.map((disk) => [disk.diskId, disk]));
  const retired = [...record.retired];
  const changes: CommitChange[] = [];
  for (const part of parts) {
    if (part.kind === 'delta') {
      const { disk, lineage, staged, puts } = part;
      const undo = await captureBeforeImages(folder, record, disk, folder.file(staged), cut, becomesPoint);
      const undos = undo === null ? disk.undo : [...disk.undo, undo];
      const { written: _former, ...kept } = disk;
      disks.set(disk.diskId, { ...kept, lineage, cut: cut.cut, sequence, undo: undos });
      changes.push({ kind: 'delta', diskId: disk.diskId, staged, puts });
      continue;
    }
    const { diskId, generation, lineage, sizeBytes, logicalSectorBytes, file } = part.initial;
    const replaced = disks.get(diskId);
    const retiredFile = replaced === undefined ? null : `${replaced.folder}/${posix.basename(replaced.file)}`;
    if (replaced !== undefined && retiredFile !== null) retired.push({ ...replaced, file: retiredFile });
    const diskFolder = diskFolderOf(diskId, generation);
    const replica = { diskId, generation, file, folder: diskFolder, sizeBytes, logicalSectorBytes, lineage };
    disks.set(diskId, { ...replica, cut: cut.cut, sequence, undo: [] });
    changes.push({ kind: 'initial', diskId, partial: partialFileOf(file), file, retiredFile });
  }

  const point = becomesPoint ? newPoint(record, [...disks.values()], cut, sequence) : null;
  const { takenAtMs, consistency } = cut;
  const next: VmRecord = {
    ...record,
    sequence,
    disks: [...disks.values()],
    retired,
    points: point === null ? record.points : [...record.points, point],
    lastCut: { cut: cut.cut, takenAtMs, consistency, pointId: point?.id ?? null },
  };
  return { format: recordFormat, next: point === null ? next : withoutRetired(next), changes };
};

type SealedPart =
  | {
      readonly kind: 'delta';
      readonly disk: DiskRecord;
      readonly lineage: string;
      readonly staged: string;
      readonly puts: number;
    }
  | { readonly kind: 'initial'; readonly initial: InitialRecord };

/** What is sealed for a disk under the number of the cut. */
const sealedPart = (folder: VmFolder, record: VmRecord, diskId: string, cut: number): SealedPart => {
  const initial = readInitial(folder, record, diskId);
  if (initial?.sealedCut === cut) return { kind: 'initial', initial };
  const disk = record.disks.find((entry) => entry.diskId === diskId);
  const note = disk === undefined ? null : readStaged(folder, disk.folder, cut);
  if (
    disk !== undefined &&
    note !== null &&
    note.sealedPuts !== null &&
    note.baseSequence === disk.sequence
  ) {
    const staged = `${disk.folder}/${stagedLog(cut)}`;
    const { lineage, sealedPuts: minimumCut } = note;
    if (note.rebaseTo === null) requireUntouched(folder, disk);
    LogReader.open(folder.file(staged), { diskId, lineage, purpose: 'staged-delta', minimumCut }).close();
    return { kind: 'delta', disk, lineage, staged, puts: minimumCut };
  }
  const file = disk === undefined ? folder.path : folder.file(disk.file);
  throw new ReplicationError(
    'HRL_OUT_OF_SEQUENCE',
    `Nothing is sealed for disk ${diskId} to commit as cut ${cut}.`,
    {
      vm: record.vm.name,
      file,
    },
  );
};

const newPoint = (
  record: VmRecord,
  disks: readonly DiskRecord[],
  cut: VmCut,
  sequence: number,
): PointRecord => {
  const taken = record.points.map((point) => point.id);
  const id = newPointId(cut.takenAtMs, cut.cut, taken);
  const members = memberIds(record.vm);
  return {
    id,
    cut: cut.cut,
    sequence,
    takenAtMs: cut.takenAtMs,
    consistency: cut.consistency === 'application' ? 'application' : 'crash',
    disks: disks
      .filter((disk) => members.has(disk.diskId))
      .map(({ diskId, generation }) => ({ diskId, generation })),
  };
};
