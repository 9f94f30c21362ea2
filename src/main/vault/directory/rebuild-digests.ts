import { digestBytes, writeDigest } from '../../block/digest.ts';
import { blockCount, trackingBlockBytes } from '../../block/tracking-block.ts';
import { isBeyondRepair } from './apply-commit.ts';
import { digestsFile } from './disk-folder.ts';
import { openReplicaFile, RecordedDigests } from './replica-source.ts';
import { vaultError } from './vault-errors.ts';
import type { VmFolder } from './vm-folder.ts';
import type { DiskRecord } from './vm-record.ts';

const chunkBlocks = 128;

/**
 * Makes sure that a replica has digests, by reading it through where its table is missing or damaged. Only for a
 * resynchronization, which compares the whole replica with its source: what is recorded then is what is there, not what
 * was sent.
 */
export const ensureDigests = (folder: VmFolder, disk: DiskRecord): void => {
  const path = folder.file(`${disk.folder}/${digestsFile}`);
  try {
    new RecordedDigests(path, disk).close();
    return;
  } catch (error) {
    if (!isBeyondRepair(vaultError(error, folder.root))) throw error;
  }
  const { diskId, sizeBytes: diskSizeBytes, lineage, cut } = disk;
  const replica = openReplicaFile(folder.file(disk.file), disk);
  try {
    const table = folder.ops.createTable(path, { diskId, diskSizeBytes, lineage, cut });
    try {
      const data = Buffer.alloc(chunkBlocks * trackingBlockBytes);
      const digests = new Uint8Array(chunkBlocks * digestBytes);
      for (const extent of replica.extents()) {
        const chunkBytes = data.length;
        for (
          let offset = Math.floor(extent.offset / chunkBytes) * chunkBytes;
          offset < extent.offset + extent.length;
          offset += chunkBytes
        ) {
          const part = data.subarray(0, Math.min(chunkBytes, diskSizeBytes - offset));
          replica.read(part, offset);
          const blocks = blockCount(part.length);
          for (let block = 0; block < blocks; block += 1) {
            const start = block * trackingBlockBytes;
            writeDigest(part.subarray(start, start + trackingBlockBytes), digests, block * digestBytes);
          }
          table.write(offset / trackingBlockBytes, digests.subarray(0, blocks * digestBytes));
        }
      }
      table.setHeader({ complete: true });
    } finally {
      table.close();
    }
  } finally {
    replica.close();
  }
};
