import { ReplicationError } from '../../../contract/errors.ts';
import type { DiskRecord } from './azure-record.ts';
import { digestBlobBytes } from './digest-windows.ts';
import { sectorBytes, vhdDataBytes } from './page-limits.ts';
import type { VmBlobs } from './vm-blobs.ts';

/**
 * Whether a disk's blobs are what the last commit left: a client that wrote to them, or a service that lost writes it had
 * acknowledged, shows in ETag or length.
 * @throws REPLICA_MISSING, REPLICA_INVALID
 */
export const requireUnaltered = async (blobs: VmBlobs, disk: DiskRecord): Promise<void> => {
  const expected = [
    { name: disk.data, etag: disk.dataEtag, length: vhdDataBytes(disk.sizeBytes) + sectorBytes },
    { name: disk.digests, etag: disk.digestsEtag, length: digestBlobBytes(disk.sizeBytes) },
  ];
  await Promise.all(
    expected.map(async ({ name, etag, length }) => {
      const file = blobs.url(name);
      const found = await blobs.head(name);
      if (found === null)
        throw new ReplicationError('REPLICA_MISSING', `The blob ${file} is gone.`, { file });
      if (found.etag === etag && found.length === length) return;
      const what =
        found.length === length ? 'was changed by something else' : `has ${found.length} bytes now`;
      throw new ReplicationError('REPLICA_INVALID', `The replica ${file} ${what} since it was replicated.`, {
        file,
      });
    }),
  );
};
