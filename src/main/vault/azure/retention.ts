import { keptPoints } from '../kept-points.ts';
import { atAzure } from './azure-errors.ts';
import { type DiskState, stateOf, type VmRecord } from './azure-record.ts';
import { deltaName, initialName, recordName, type VmBlobs } from './vm-blobs.ts';

/** The record with the points that the policy keeps, at least one. */
export const withKeptPoints = (record: VmRecord, keep: number, notBeforeMs: number | null): VmRecord =>
  withoutForeignDisks({ ...record, points: keptPoints(record.points, keep, notBeforeMs) });

/** The record without points of replicas that newer ones replaced: for when a newer point exists. */
export const withoutReplaced = (record: VmRecord): VmRecord => {
  const isReplaced = ({ diskId, generation }: DiskState) =>
    record.disks.some((disk) => disk.diskId === diskId && disk.generation !== generation);
  return { ...record, points: record.points.filter(({ disks }) => !disks.some(isReplaced)) };
};

/** A disk that left the VM stays while a point has it; its blob stays with the point. */
export const withoutForeignDisks = (record: VmRecord): VmRecord => {
  const inVm = new Set(record.vm.disks.map(({ diskId }) => diskId));
  return { ...record, disks: record.disks.filter(({ diskId }) => inVm.has(diskId)) };
};

/** Everything that the record needs: page blobs, and each one's snapshots. */
const neededOf = (record: VmRecord): Map<string, Set<string>> => {
  const needed = new Map<string, Set<string>>();
  const add = (name: string, snapshot: string) => {
    const snapshots = needed.get(name) ?? new Set();
    needed.set(name, snapshots.add(snapshot));
  };
  const states = [...record.disks, ...record.points.flatMap(({ disks }) => disks)].map(stateOf);
  for (const { data, digests, snapshot, digestsSnapshot } of states) {
    add(data, snapshot);
    add(digests, digestsSnapshot);
  }
  return needed;
};

/** Deletes what `before` needed and `record` does not. A crash on the way leaves it to `sweep`. */
export const dropUnneeded = async (blobs: VmBlobs, before: VmRecord, record: VmRecord): Promise<void> => {
  const needed = neededOf(record);
  for (const [name, snapshots] of neededOf(before)) {
    const kept = needed.get(name);
    if (kept === undefined) {
      await blobs.removePages(name);
      continue;
    }
    for (const snapshot of snapshots) if (!kept.has(snapshot)) await blobs.removeSnapshot(name, snapshot);
  }
};

/**
 * Deletes what interrupted work left: blobs and snapshots that the record does not name, and notes of disks or deltas
 * that it is past. What can still be resumed stays.
 */
export const sweep = async (blobs: VmBlobs, record: VmRecord): Promise<void> => {
  const needed = neededOf(record);
  const kept = new Set([recordName, ...needed.keys()]);
  const keptNotes = new Set<string>();
  for (const { diskId } of record.vm.disks) {
    const disk = record.disks.find((entry) => entry.diskId === diskId);
    keptNotes.add(initialName(diskId));
    if (disk !== undefined) keptNotes.add(deltaName(diskId));
  }
  const found: { readonly name: string; readonly snapshot: string | undefined }[] = [];
  await atAzure(blobs.recordUrl, async () => {
    const listing = blobs.container.listBlobsFlat({ prefix: blobs.prefix, includeSnapshots: true });
    for await (const { name, snapshot } of listing) {
      found.push({ name: name.slice(blobs.prefix.length), snapshot: snapshot === '' ? undefined : snapshot });
    }
  });
  for (const { diskId } of record.vm.disks) {
    if (!found.some(({ name }) => name === initialName(diskId))) continue;
    const note = await blobs.readInitial(diskId);
    if (note !== null && note.generation === nextGeneration(record, diskId))
      kept.add(note.data).add(note.digests);
    else keptNotes.delete(initialName(diskId));
  }
  for (const { name, snapshot } of found) {
    if (snapshot !== undefined) {
      if (kept.has(name) && needed.get(name)?.has(snapshot) !== true)
        await blobs.removeSnapshot(name, snapshot);
    } else if (name.endsWith('.json')) {
      if (!kept.has(name) && !keptNotes.has(name)) await blobs.remove(name);
    } else if (!kept.has(name)) {
      await blobs.removePages(name);
    }
  }
};

/** The number of a disk's next initial replica: above any that the record knows. */
export const nextGeneration = (record: VmRecord, diskId: string): number => {
  const states = [...record.disks, ...record.points.flatMap(({ disks }) => disks)];
  const known = states.filter((state) => state.diskId === diskId).map(({ generation }) => generation);
  return Math.max(0, ...known) + 1;
};
