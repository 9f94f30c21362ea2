import { truncateSync } from 'node:fs';
import { digestBytes } from '../../block/digest.ts';
import type { DigestTable } from '../../block/digest-table.ts';
import { tableHeaderBytes } from '../../block/digest-table-header.ts';
import { blockCount, trackingBlockBytes } from '../../block/tracking-block.ts';
import type { VirtualDiskWriter } from '../../disk/virtual-disk.ts';
import type { VaultDisk } from '../replica-vault.ts';
import { isBeyondRepair } from './apply-commit.ts';
import {
  digestsFile,
  diskFolderOf,
  initialFile,
  nextGeneration,
  partialFileOf,
  readInitial,
  writeNote,
} from './disk-folder.ts';
import { replicaFileName } from './file-names.ts';
import { InitialCopy } from './initial-copy.ts';
import { vaultError } from './vault-errors.ts';
import type { VmFolder } from './vm-folder.ts';
import { type InitialRecord, recordFormat, type VmRecord } from './vm-record.ts';

/** Opens what an interrupted initial replication left if it is of this disk and lineage, else starts anew. */
export const beginInitial = (
  folder: VmFolder,
  record: VmRecord,
  disk: VaultDisk,
  lineage: string,
  resumeFromOffset: number,
): InitialCopy => {
  const generation = nextGeneration(record, disk.diskId);
  const left = readInitial(folder, record, disk.diskId);
  const fits =
    left !== null &&
    left.lineage === lineage &&
    left.sizeBytes === disk.sizeBytes &&
    left.logicalSectorBytes === disk.logicalSectorBytes;
  if (fits && resumeFromOffset > 0) {
    const resumed = resume(folder, left, resumeFromOffset);
    if (resumed !== null) return resumed;
  }
  return startAnew(folder, {
    format: recordFormat,
    diskId: disk.diskId,
    generation,
    lineage,
    sizeBytes: disk.sizeBytes,
    logicalSectorBytes: disk.logicalSectorBytes,
    file: left?.file ?? fileFor(folder, record, disk),
    sealedCut: null,
  });
};

/** A newer replica of a disk gets the name of the older one; else a name that no other disk of the VM has. */
const fileFor = (folder: VmFolder, record: VmRecord, disk: VaultDisk): string => {
  const current = record.disks.find((entry) => entry.diskId === disk.diskId);
  if (current !== undefined) return current.file;
  const started = record.vm.disks.map((entry) => readInitial(folder, record, entry.diskId)?.file ?? '');
  const present = folder.ops.list(folder.path);
  return replicaFileName(disk.name, [...record.disks.map((entry) => entry.file), ...started, ...present]);
};

const startAnew = (folder: VmFolder, initial: InitialRecord): InitialCopy => {
  const { ops } = folder;
  const diskFolder = diskFolderOf(initial.diskId, initial.generation);
  const partial = folder.file(partialFileOf(initial.file));
  ops.remove(folder.file(diskFolder));
  ops.remove(partial);
  ops.makeDirectory(folder.file(diskFolder));
  writeNote(folder, `${diskFolder}/${initialFile}`, initial);
  const { diskId, lineage, sizeBytes, logicalSectorBytes } = initial;
  const writer = ops.createReplica(partial, { sizeBytes, logicalSectorBytes });
  return makeCopy(folder, initial, writer, 0, () =>
    ops.createTable(folder.file(`${diskFolder}/${digestsFile}`), {
      diskId,
      diskSizeBytes: sizeBytes,
      lineage,
      cut: 0,
    }),
  );
};

const resume = (folder: VmFolder, left: InitialRecord, resumeFromOffset: number): InitialCopy | null => {
  const { ops } = folder;
  const { diskId, generation, lineage, sizeBytes } = left;
  const diskFolder = diskFolderOf(diskId, generation);
  const table = folder.file(`${diskFolder}/${digestsFile}`);
  const partial = folder.file(partialFileOf(left.file));
  if (ops.state(table) === null || ops.state(partial) === null) return null;
  const blocks = Math.min(blockCount(sizeBytes), Math.floor(resumeFromOffset / trackingBlockBytes));
  const from = Math.min(sizeBytes, blocks * trackingBlockBytes);
  const initial: InitialRecord = { ...left, sealedCut: null };
  try {
    // What the interrupted run recorded beyond its checkpoint becomes a hole again.
    truncateSync(table, tableHeaderBytes + blocks * digestBytes);
    truncateSync(table, tableHeaderBytes + blockCount(sizeBytes) * digestBytes);
    const writer = ops.resumeReplica(partial);
    return makeCopy(folder, initial, writer, from, () => {
      if (left.sealedCut !== null) writeNote(folder, `${diskFolder}/${initialFile}`, initial);
      const digests = ops.openTable(table, { diskId, diskSizeBytes: sizeBytes, lineage });
      if (digests.complete) digests.setHeader({ complete: false });
      return digests;
    });
  } catch (error) {
    // Half a replica that a crash damaged is not worth an error: it is copied again.
    if (isBeyondRepair(vaultError(error, folder.root))) return null;
    throw error;
  }
};

const makeCopy = (
  folder: VmFolder,
  initial: InitialRecord,
  writer: VirtualDiskWriter,
  resumedFromOffset: number,
  openTable: () => DigestTable,
): InitialCopy => {
  const note = `${diskFolderOf(initial.diskId, initial.generation)}/${initialFile}`;
  let table: DigestTable | null = null;
  try {
    table = openTable();
    const save = (record: InitialRecord) => writeNote(folder, note, record);
    return new InitialCopy(
      { root: folder.root, writer, table, save, pacer: folder.ops.pacer },
      initial,
      resumedFromOffset,
    );
  } catch (error) {
    writer.abandon();
    table?.close();
    throw error;
  }
};
