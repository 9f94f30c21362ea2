import {
  accessSync,
  constants,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  statfsSync,
  statSync,
} from 'node:fs';
import { dirname } from 'node:path';
import { DigestTable, type ExpectedTable, type NewDigestTable } from '../../block/digest-table.ts';
import { openStreamedFile } from '../../disk/vhdx/disk-file.ts';
import { createVhdxWriter, openVhdxWriter } from '../../disk/vhdx/vhdx-writer.ts';
import type { VirtualDiskWriter } from '../../disk/virtual-disk.ts';
import type { LogHeader } from '../../hrl/log-header.ts';
import { type AppendExpectation, LogWriter } from '../../hrl/log-writer.ts';
import { renameDurably, syncDirectory, writeFileAtomically } from '../../platform/durable.ts';
import { unpaced, type WritePacer } from '../pacing/write-pacer.ts';
import { systemErrorOf } from './vault-errors.ts';

export interface FileState {
  readonly sizeBytes: number;
  /** What the file takes on the volume: less than its size when it has holes. */
  readonly allocatedBytes: number;
  readonly isDirectory: boolean;
  /** Changes whenever the file is replaced. */
  readonly version: string;
}

export interface ReplicaGeometry {
  readonly sizeBytes: number;
  readonly logicalSectorBytes: number;
}

/** Everything a directory vault does to files: the seam through which tests stop it at any operation. */
export interface VaultFileOps {
  /** Null when there is no such file. */
  readText(path: string): string | null;
  state(path: string): FileState | null;
  /** Names in a directory; none when it does not exist. */
  list(path: string): string[];
  /** Makes one directory, durably; its parent must exist. An existing one is kept. */
  makeDirectory(path: string): void;
  writeAtomically(path: string, text: string): void;
  rename(from: string, to: string): void;
  /** Removes a file or a whole directory; none there is fine. */
  remove(path: string): void;
  space(path: string): { readonly freeBytes: number; readonly totalBytes: number };
  /** A replica under construction, to be written in one go. */
  createReplica(path: string, geometry: ReplicaGeometry): VirtualDiskWriter;
  resumeReplica(path: string): VirtualDiskWriter;
  openReplica(path: string): VirtualDiskWriter;
  createTable(path: string, initial: NewDigestTable): DigestTable;
  openTable(path: string, expected: ExpectedTable): DigestTable;
  createLog(path: string, header: LogHeader): LogWriter;
  /** Opens a log to go on after its last cut mark. */
  resumeLog(path: string, expected: AppendExpectation): LogWriter;
  /** The bandwidth limit: a vault may be at the other end of a line. */
  readonly pacer: WritePacer;
}

const unlessAbsent = <T>(absent: T, work: () => T): T => {
  try {
    return work();
  } catch (error) {
    if (['ENOENT', 'ENOTDIR'].includes(systemErrorOf(error)?.code ?? '')) return absent;
    throw error;
  }
};

export const nodeFileOps: VaultFileOps = {
  readText: (path) => unlessAbsent(null, () => readFileSync(path, 'utf8')),
  state: (path) =>
    unlessAbsent(null, () => {
      const stats = statSync(path, { bigint: true });
      // Windows does not tell allocated blocks.
      const allocated = process.platform === 'win32' ? stats.size : stats.blocks * 512n;
      return {
        sizeBytes: Number(stats.size),
        allocatedBytes: Number(allocated),
        isDirectory: stats.isDirectory(),
        version: `${stats.ino}:${stats.mtimeNs}:${stats.size}`,
      };
    }),
  list: (path) => unlessAbsent([], () => readdirSync(path)),
  makeDirectory: (path) => {
    try {
      mkdirSync(path);
    } catch (error) {
      if (systemErrorOf(error)?.code !== 'EEXIST') throw error;
      accessSync(path, constants.R_OK);
      return;
    }
    syncDirectory(dirname(path));
  },
  writeAtomically: writeFileAtomically,
  rename: renameDurably,
  remove: (path) => rmSync(path, { recursive: true, force: true, maxRetries: 3 }),
  space: (path) => {
    const { bavail, blocks, bsize } = statfsSync(path);
    return { freeBytes: bavail * bsize, totalBytes: blocks * bsize };
  },
  createReplica: (path, geometry) => createVhdxWriter(path, geometry, { open: openStreamedFile }),
  resumeReplica: (path) => openVhdxWriter(path, { open: openStreamedFile }),
  openReplica: openVhdxWriter,
  createTable: (path, initial) => DigestTable.create(path, initial),
  openTable: (path, expected) => DigestTable.open(path, expected),
  createLog: (path, header) => LogWriter.create(path, header),
  resumeLog: (path, expected) => LogWriter.openForAppend(path, expected).writer,
  pacer: unpaced,
};
