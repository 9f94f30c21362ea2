import { ReplicationError } from '../../../contract/errors.ts';
import { trackingBlockBytes } from '../../block/tracking-block.ts';
import type { VaultDisk } from '../replica-vault.ts';
import { atAzure } from './azure-errors.ts';
import { type InitialNote, recordFormat, type VmRecord } from './azure-record.ts';
import { initialMetadata } from './blob-metadata.ts';
import { DigestWindows, digestBlobBytes } from './digest-windows.ts';
import { InitialUpload } from './initial-upload.ts';
import { mostBlobBytes, sectorBytes, vhdDataBytes } from './page-limits.ts';
import type { UploadFlow } from './page-upload.ts';
import { nextGeneration } from './retention.ts';
import { nameOf, type VmBlobs } from './vm-blobs.ts';
import { writtenEnd } from './written-pages.ts';

/** Opens what an interrupted initial replication left if it is of this disk and lineage, else starts anew. */
export const beginInitial = async (
  blobs: VmBlobs,
  leaseId: string,
  record: VmRecord,
  disk: VaultDisk,
  lineage: string,
  resumeFromOffset: number,
  flow: UploadFlow,
): Promise<InitialUpload> => {
  const { diskId, sizeBytes, logicalSectorBytes } = disk;
  requireFits(disk);
  const generation = nextGeneration(record, diskId);
  const left = await blobs.readInitial(diskId);
  const fits =
    left !== null &&
    left.generation === generation &&
    left.lineage === lineage &&
    left.sizeBytes === sizeBytes &&
    left.logicalSectorBytes === logicalSectorBytes;
  if (fits) {
    const wanted = Math.min(resumeFromOffset, left.durableTo);
    const from = Math.floor(wanted / trackingBlockBytes) * trackingBlockBytes;
    // From the start too: what arrived before the first checkpoint is not sent again either.
    const resumed = await resume(blobs, leaseId, left, from, flow);
    if (resumed !== null) return resumed;
  }
  const name = `${nameOf(diskId)}-${generation}`;
  const note: InitialNote = {
    format: recordFormat,
    diskId,
    generation,
    data: `${name}.vhd`,
    digests: `${name}.digests`,
    lineage,
    sizeBytes,
    logicalSectorBytes,
    durableTo: 0,
    bytes: 0,
    sealed: null,
  };
  await create(blobs, leaseId, note);
  return new InitialUpload(blobs, leaseId, note, flow, { fresh: true, from: 0, writtenTo: 0 });
};

const requireFits = ({ name, sizeBytes }: VaultDisk): void => {
  if (vhdDataBytes(sizeBytes) + sectorBytes <= mostBlobBytes && sizeBytes % sectorBytes === 0) return;
  throw new ReplicationError(
    'DISK_TOO_LARGE',
    `${name} has ${sizeBytes} bytes; a page blob takes whole sectors and at most ${mostBlobBytes} bytes, footer included.`,
    { file: name },
  );
};

/** The note first: it is what keeps the blobs from being swept away. */
const create = async (blobs: VmBlobs, leaseId: string, note: InitialNote): Promise<void> => {
  const { data, digests, sizeBytes } = note;
  await blobs.removePages(data);
  await blobs.removePages(digests);
  await blobs.writeInitial(note);
  await atAzure(blobs.url(data), () =>
    blobs.pages(data).create(vhdDataBytes(sizeBytes) + sectorBytes, {
      metadata: initialMetadata({ ...note, isEncrypted: blobs.isEncrypted }),
    }),
  );
  await atAzure(blobs.url(digests), () => blobs.pages(digests).create(digestBlobBytes(sizeBytes)));
  await blobs.lease(data, leaseId);
  await blobs.lease(digests, leaseId);
};

const resume = async (
  blobs: VmBlobs,
  leaseId: string,
  left: InitialNote,
  from: number,
  flow: UploadFlow,
): Promise<InitialUpload | null> => {
  const { data, digests, sizeBytes } = left;
  const [dataBlob, digestsBlob] = await Promise.all([blobs.head(data), blobs.head(digests)]);
  const dataBytes = vhdDataBytes(sizeBytes);
  if (dataBlob?.length !== dataBytes + sectorBytes || digestsBlob?.length !== digestBlobBytes(sizeBytes))
    return null;
  await blobs.lease(data, leaseId);
  await blobs.lease(digests, leaseId);
  const note: InitialNote = { ...left, sealed: null, ...(from === 0 ? { durableTo: 0, bytes: 0 } : {}) };
  if (left.sealed !== null) await blobs.writeInitial(note);
  let writtenTo = from;
  await atAzure(blobs.url(data), async () => {
    const conditions = { leaseId };
    await blobs
      .pages(data)
      .setMetadata(initialMetadata({ ...note, isEncrypted: blobs.isEncrypted }), { conditions });
    await blobs.pages(data).clearPages(dataBytes, sectorBytes, { conditions });
    writtenTo = await writtenEnd(blobs.pages(data), from, dataBytes - from);
  });
  await new DigestWindows({ client: blobs.pages(digests), leaseId }, sizeBytes, false, flow).truncate(
    from / trackingBlockBytes,
  );
  return new InitialUpload(blobs, leaseId, note, flow, { fresh: false, from, writtenTo });
};
