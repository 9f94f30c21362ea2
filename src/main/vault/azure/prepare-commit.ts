import { ReplicationError } from '../../../contract/errors.ts';
import { memberIds, newPointId } from '../catalogue-record.ts';
import type { VmCut } from '../replica-vault.ts';
import { type DiskRecord, type PointRecord, stateOf, type VmRecord } from './azure-record.ts';
import { requireUnaltered } from './require-unaltered.ts';
import { nextGeneration, withoutForeignDisks, withoutReplaced } from './retention.ts';
import { snapshotOf } from './roll-back.ts';
import type { VmBlobs } from './vm-blobs.ts';

/** A disk as a cut makes it, without its snapshots. */
type SealedDisk = Omit<DiskRecord, 'snapshot' | 'digestsSnapshot'> & { readonly writtenBytes: number };

/**
 * Everything that a commit can fail at because of content: checks that all that is sealed is still what was sealed, takes
 * the snapshots, and works out the record that makes them true.
 * @throws HRL_OUT_OF_SEQUENCE, REPLICA_INVALID, REPLICA_MISSING
 */
export const prepareCommit = async (
  blobs: VmBlobs,
  leaseId: string,
  record: VmRecord,
  cut: VmCut,
): Promise<VmRecord> => {
  const ids = [...new Set(cut.diskIds)];
  const sealed: SealedDisk[] = [];
  for (const diskId of ids) sealed.push(await sealedDisk(blobs, record, diskId, cut.cut));
  for (const disk of sealed) await requireUnaltered(blobs, { ...disk, snapshot: '', digestsSnapshot: '' });
  const inVm = new Set(record.vm.disks.map(({ diskId }) => diskId));
  for (const disk of record.disks) {
    // What was on its way to a disk that left the VM is nobody's any more.
    if (inVm.has(disk.diskId) && !ids.includes(disk.diskId)) await requireStill(blobs, disk);
  }

  const disks = new Map(record.disks.map((disk) => [disk.diskId, disk]));
  let writtenBytes = 0;
  for (const { writtenBytes: bytes, ...disk } of sealed) {
    writtenBytes += bytes;
    const { snapshot } = await snapshotOf(blobs, leaseId, disk.data, disk.dataEtag);
    const { snapshot: digestsSnapshot } = await snapshotOf(blobs, leaseId, disk.digests, disk.digestsEtag);
    disks.set(disk.diskId, { ...disk, snapshot, digestsSnapshot });
  }
  const sequence = record.sequence + 1;
  const isComplete = [...memberIds(record.vm)].every((id) => disks.has(id));
  const point =
    cut.consistency !== 'fuzzy' && isComplete ? newPoint(record, [...disks.values()], cut, sequence) : null;
  const points = record.points.map((entry, index) =>
    index === record.points.length - 1 ? { ...entry, sizeBytes: entry.sizeBytes + writtenBytes } : entry,
  );
  const { takenAtMs, consistency } = cut;
  const next: VmRecord = {
    ...record,
    sequence,
    disks: [...disks.values()],
    points: point === null ? points : [...points, point],
    lastCut: { cut: cut.cut, takenAtMs, consistency, pointId: point?.id ?? null },
  };
  return withoutForeignDisks(point === null ? next : withoutReplaced(next));
};

/** A disk that a delta is on its way to is not what the last commit left, and need not be. */
const requireStill = async (blobs: VmBlobs, disk: DiskRecord): Promise<void> => {
  const note = await blobs.readDelta(disk.diskId);
  if (note?.baseSequence !== disk.sequence) await requireUnaltered(blobs, disk);
};

/** What is sealed for a disk under the number of the cut. */
const sealedDisk = async (
  blobs: VmBlobs,
  record: VmRecord,
  diskId: string,
  cut: number,
): Promise<SealedDisk> => {
  const sequence = record.sequence + 1;
  const initial = await blobs.readInitial(diskId);
  if (initial?.sealed?.cut === cut && initial.generation === nextGeneration(record, diskId)) {
    const { generation, data, digests, sizeBytes, logicalSectorBytes, lineage, bytes, sealed } = initial;
    const { dataEtag, digestsEtag } = sealed;
    const blobPair = { data, digests, dataEtag, digestsEtag, usedBytes: bytes, writtenBytes: 0 };
    return { diskId, generation, sizeBytes, logicalSectorBytes, lineage, cut, sequence, ...blobPair };
  }
  const disk = record.disks.find((entry) => entry.diskId === diskId);
  const delta = disk === undefined ? null : await blobs.readDelta(diskId);
  if (disk !== undefined && delta?.sealed?.cut === cut && delta.baseSequence === disk.sequence) {
    const { lineage, bytes, sealed } = delta;
    const { dataEtag, digestsEtag } = sealed;
    const usedBytes = Math.min(disk.sizeBytes, disk.usedBytes + bytes);
    return { ...disk, lineage, cut, sequence, dataEtag, digestsEtag, usedBytes, writtenBytes: bytes };
  }
  const file = disk === undefined ? blobs.recordUrl : blobs.url(disk.data);
  const text = `Nothing is sealed for disk ${diskId} to commit as cut ${cut}.`;
  throw new ReplicationError('HRL_OUT_OF_SEQUENCE', text, { vm: record.vm.name, file });
};

const newPoint = (
  record: VmRecord,
  disks: readonly DiskRecord[],
  { takenAtMs, cut, consistency }: VmCut,
  sequence: number,
): PointRecord => {
  const members = memberIds(record.vm);
  const taken = record.points.map(({ id }) => id);
  return {
    id: newPointId(takenAtMs, cut, taken),
    cut,
    sequence,
    takenAtMs,
    consistency: consistency === 'application' ? 'application' : 'crash',
    sizeBytes: 0,
    disks: disks.filter(({ diskId }) => members.has(diskId)).map(stateOf),
  };
};
