import { ReplicationError } from '../../../contract/errors.ts';
import type { DeltaSpec } from '../replica-vault.ts';
import { atAzure } from './azure-errors.ts';
import { type DeltaNote, type DiskRecord, recordFormat, type Session } from './azure-record.ts';
import { changingMetadata } from './blob-metadata.ts';
import { DeltaUpload } from './delta-upload.ts';
import type { UploadFlow } from './page-upload.ts';
import { requireUnaltered } from './require-unaltered.ts';
import { rollBack } from './roll-back.ts';
import type { VmBlobs } from './vm-blobs.ts';

/**
 * Opens a delta into a disk's blobs:
 *
 * | the note of the disk says …            | the blobs …                  | then |
 * |----------------------------------------|------------------------------|------|
 * | this delta                             | are there                    | it goes on from its checkpoint |
 * | this delta, sealed                     | are not as they were sealed  | they are rolled back to the last cut; it begins anew |
 * | another delta                          |                              | they are rolled back; it begins |
 * | nothing                                | are as the record says       | it begins |
 * | nothing                                | are not                      | REPLICA_INVALID; when re-basing they are rolled back |
 */
export const beginDelta = async (
  blobs: VmBlobs,
  leaseId: string,
  session: Session,
  diskId: string,
  spec: DeltaSpec,
  flow: UploadFlow,
): Promise<DeltaUpload> => {
  const found = session.record.disks.find((entry) => entry.diskId === diskId);
  if (found === undefined || (await blobs.head(found.data)) === null) {
    const file = found === undefined ? blobs.recordUrl : blobs.url(found.data);
    const text = `The vault holds no complete replica of disk ${diskId} (${file}).`;
    throw new ReplicationError('REPLICA_MISSING', text, { vm: session.record.vm.name, file });
  }
  requireSequence(found, spec, blobs.url(found.data));
  const wanted: DeltaNote = {
    format: recordFormat,
    diskId,
    lineage: spec.rebaseTo ?? spec.lineage,
    previousCut: spec.previousCut,
    cut: spec.cut,
    baseSequence: found.sequence,
    rebaseTo: spec.rebaseTo ?? null,
    puts: 0,
    bytes: 0,
    sealed: null,
  };
  const left = await blobs.readDelta(diskId);
  if (left !== null && (await canResume(blobs, found, left, wanted))) {
    return new DeltaUpload(blobs, leaseId, found, left, flow, true);
  }
  let disk = found;
  if (left !== null && left.baseSequence === found.sequence) {
    disk = await rollBack(blobs, leaseId, session, found);
  } else {
    try {
      await requireUnaltered(blobs, found);
    } catch (error) {
      const { code } = ReplicationError.from(error);
      if (spec.rebaseTo === undefined || code !== 'REPLICA_INVALID') throw error;
      disk = await rollBack(blobs, leaseId, session, found);
    }
  }
  await blobs.writeDelta(wanted);
  await mark(blobs, leaseId, disk, wanted);
  return new DeltaUpload(blobs, leaseId, disk, wanted, flow, false);
};

const requireSequence = (disk: DiskRecord, spec: DeltaSpec, file: string): void => {
  if (spec.rebaseTo !== undefined) return;
  if (spec.lineage === disk.lineage && spec.previousCut === disk.cut && spec.cut > disk.cut) return;
  const found = spec.lineage === disk.lineage ? '' : ' of another lineage';
  throw new ReplicationError(
    'HRL_OUT_OF_SEQUENCE',
    `The replica ${file} is at cut ${disk.cut}${found}; the change to cut ${spec.cut} follows cut ${spec.previousCut}.`,
    { file },
  );
};

const canResume = async (
  blobs: VmBlobs,
  disk: DiskRecord,
  left: DeltaNote,
  wanted: DeltaNote,
): Promise<boolean> => {
  const keys = ['diskId', 'lineage', 'previousCut', 'cut', 'baseSequence', 'rebaseTo'] as const;
  if (!keys.every((key) => left[key] === wanted[key])) return false;
  if (left.sealed === null) return true;
  const [data, digests] = await Promise.all([blobs.head(disk.data), blobs.head(disk.digests)]);
  return data?.etag === left.sealed.dataEtag && digests?.etag === left.sealed.digestsEtag;
};

/** Says on the blob itself that it is on its way: under the ETag, so that nobody's change is overlooked. */
const mark = (blobs: VmBlobs, leaseId: string, disk: DiskRecord, { cut, lineage }: DeltaNote) =>
  atAzure(blobs.url(disk.data), () =>
    blobs.pages(disk.data).setMetadata(
      changingMetadata({
        diskId: disk.diskId,
        sizeBytes: disk.sizeBytes,
        lineage,
        cut,
        isEncrypted: blobs.isEncrypted,
      }),
      {
        conditions: { leaseId, ifMatch: disk.dataEtag },
      },
    ),
  );
