import { keptPoints } from '../kept-points.ts';
import { digestsFile, diskFolderOf, partialFileOf, readInitial } from './disk-folder.ts';
import { hiddenFolder, type VmFolder } from './vm-folder.ts';
import { type DiskRecord, parseStagedRecord, type VmRecord } from './vm-record.ts';

/**
 * The record without what no point needs any more:
 *
 * | what | stays while |
 * |---|---|
 * | a before-image file | it is newer than the oldest point with its replica |
 * | a replica that a newer one replaced | a point names it |
 * | the replica of a disk that left the VM | a point names it |
 */
export const withoutUnneeded = (record: VmRecord): VmRecord => {
  const oldestPoint = (disk: DiskRecord): number => {
    const named = record.points.find(({ disks }) =>
      disks.some(({ diskId, generation }) => diskId === disk.diskId && generation === disk.generation),
    );
    return named?.sequence ?? Number.POSITIVE_INFINITY;
  };
  const isNeeded = (disk: DiskRecord) => oldestPoint(disk) !== Number.POSITIVE_INFINITY;
  const trimmed = (disk: DiskRecord): DiskRecord => ({
    ...disk,
    undo: disk.undo.filter((undo) => undo.sequence > oldestPoint(disk)),
  });
  const inVm = new Set(record.vm.disks.map((disk) => disk.diskId));
  return {
    ...record,
    disks: record.disks.filter((disk) => inVm.has(disk.diskId) || isNeeded(disk)).map(trimmed),
    retired: record.retired.filter(isNeeded).map(trimmed),
  };
};

/** The record with the points that the policy keeps, at least one. */
export const withKeptPoints = (record: VmRecord, keep: number, notBeforeMs: number | null): VmRecord =>
  withoutUnneeded({ ...record, points: keptPoints(record.points, keep, notBeforeMs) });

/** The record without points that need a replica which a newer one replaced: for when a newer point exists. */
export const withoutRetired = (record: VmRecord): VmRecord => {
  const isRetired = (entry: { diskId: string; generation: number }) =>
    record.retired.some((disk) => disk.diskId === entry.diskId && disk.generation === entry.generation);
  return withoutUnneeded({
    ...record,
    points: record.points.filter((point) => !point.disks.some(isRetired)),
  });
};

/**
 * Deletes what the record does not name: the files of dropped points and of work that a crash cut short. Initial
 * replicas and staged deltas that can still be resumed stay. No commit may be pending.
 */
export const sweepVmFolder = (folder: VmFolder, record: VmRecord, before: VmRecord = record): void => {
  const { ops } = folder;
  const known = [...record.disks, ...record.retired];
  const initials = record.vm.disks
    .map((disk) => readInitial(folder, record, disk.diskId))
    .filter((initial) => initial !== null);
  const partials = new Set(initials.map((initial) => partialFileOf(initial.file)));
  for (const name of ops.list(folder.path)) {
    if (name.endsWith('.vhdx.partial') && !partials.has(name)) ops.remove(folder.file(name));
  }
  // Replicas lie in the open, where people may keep files of their own: only what a record named is ours to delete.
  for (const disk of [...before.disks, ...before.retired]) {
    if (!known.some((entry) => entry.file === disk.file)) ops.remove(folder.file(disk.file));
  }
  const folders = new Set(known.map((disk) => disk.folder));
  for (const { diskId, generation } of initials) folders.add(diskFolderOf(diskId, generation));
  for (const name of ops.list(folder.file(hiddenFolder))) {
    const relative = `${hiddenFolder}/${name}`;
    if (name !== 'commit.json' && !folders.has(relative)) ops.remove(folder.file(relative));
  }
  for (const disk of known) sweepDiskFolder(folder, disk);
};

const sweepDiskFolder = (folder: VmFolder, disk: DiskRecord): void => {
  const { ops } = folder;
  const keep = new Set([digestsFile, ...disk.undo.map((undo) => undo.file)]);
  // A retired replica lies in its own folder.
  if (disk.file.startsWith(`${disk.folder}/`)) keep.add(disk.file.slice(disk.folder.length + 1));
  const names = ops.list(folder.file(disk.folder));
  for (const name of names) {
    if (!/^staged-\d+\.json$/.test(name)) continue;
    const path = folder.file(`${disk.folder}/${name}`);
    const text = ops.readText(path);
    if (text === null || parseStagedRecord(path, text).baseSequence !== disk.sequence) continue;
    keep.add(name).add(name.replace(/json$/, 'hrl'));
  }
  for (const name of names) if (!keep.has(name)) ops.remove(folder.file(`${disk.folder}/${name}`));
};
