import { stat } from 'node:fs/promises';
import { basename } from 'node:path';
import { setImmediate } from 'node:timers/promises';
import { ReplicationError } from '../../../contract/errors.ts';
import type { DiskFormat, DiskKind } from '../../../contract/model.ts';
import { diskErrorFrom } from '../../disk/disk-error.ts';
import { openDiskLayer, openVirtualDisk } from '../../disk/open-disk.ts';
import type { Clock } from '../../platform/clock.ts';
import { type FileStamp, isRacy, sameStamp, stampFileAsync } from '../../platform/file-stamp.ts';
import { type PartitionTable, readPartitionTable } from './partition-table.ts';

/** A file of a chain as it was found. */
export interface ChainFile {
  readonly path: string;
  readonly stamp: FileStamp;
}

/** A disk file that opens, with the chain below it. */
export interface ReadableFile {
  readonly kind: 'readable';
  readonly path: string;
  /** The file itself first, the chain's root last. */
  readonly chain: readonly ChainFile[];
  readonly format: DiskFormat;
  readonly diskKind: DiskKind;
  readonly sizeBytes: number;
  readonly logicalSectorBytes: number;
  readonly rootDiskId: string;
  readonly partitionTable: PartitionTable | null;
  /** When each file of the chain was created: tells an original from its copy. */
  readonly bornNs: readonly bigint[];
}

/** A disk file that does not open. */
export interface UnreadableFile {
  readonly kind: 'unreadable';
  readonly path: string;
  readonly error: ReplicationError;
  /** File names, lower case, that it gives for its parent; empty where not even that can be read. */
  readonly parentNames: readonly string[];
}

export type ProbedFile = ReadableFile | UnreadableFile;

/** Reads the headers of disk files, and remembers them for as long as no file of the chain changes. */
export class DiskProbe {
  readonly #clock: Clock;
  #known = new Map<string, ReadableFile>();
  /** Files that wait for their turn to be read: whoever asks meanwhile gets the same answer. */
  readonly #asked = new Map<string, Promise<ProbedFile>>();
  #lastTurn: Promise<void> = Promise.resolve();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  async probe(path: string): Promise<ProbedFile> {
    const known = this.#known.get(path);
    if (known !== undefined && (await standsStill(known.chain))) return known;
    const asked = this.#asked.get(path);
    if (asked !== undefined) return asked;
    // What changes once it is being read is for whoever asks then: a later question must not get an earlier answer.
    const answer = this.#inTurn(() => {
      this.#asked.delete(path);
      return this.#read(path);
    });
    this.#asked.set(path, answer);
    return answer;
  }

  /** Forgets the files that the host has no more. */
  keepOnly(paths: ReadonlySet<string>): void {
    this.#known = new Map([...this.#known].filter(([path]) => paths.has(path)));
  }

  async #read(path: string): Promise<ProbedFile> {
    this.#known.delete(path);
    const startedMs = this.#clock.now();
    try {
      const file = await readFile(path);
      // A file that is being written may change again without a new time; it is looked at again next time.
      if (!file.chain.some(({ stamp }) => isRacy(stamp, startedMs))) this.#known.set(path, file);
      return file;
    } catch (error) {
      // Never remembered: the cause may lie in another file, which is put back, or in a lock.
      const catalogued = diskErrorFrom(error, path, 'read');
      return { kind: 'unreadable', path, error: catalogued, parentNames: parentNamesOf(path) };
    }
  }

  /** One file after the other with a pause in between: a first look at hundreds of disks must not hold up the rest. */
  #inTurn<T>(work: () => Promise<T>): Promise<T> {
    const done = this.#lastTurn.then(work);
    this.#lastTurn = done.then(pause, pause);
    return done;
  }
}

const pause = (): Promise<void> => setImmediate();

const standsStill = async (chain: readonly ChainFile[]): Promise<boolean> => {
  for (const { path, stamp } of chain) {
    try {
      if (!sameStamp(await stampFileAsync(path), stamp)) return false;
    } catch (error) {
      // Whatever it is, reading the file again says it with the right words.
      if (error instanceof ReplicationError) return false;
      throw error;
    }
  }
  return true;
};

const readFile = async (path: string): Promise<ReadableFile> => {
  const disk = openVirtualDisk(path);
  try {
    const chain: ChainFile[] = [];
    const bornNs: bigint[] = [];
    const partitionTable = readPartitionTable(disk);
    for (const file of disk.files) {
      chain.push({ path: file, stamp: await stampFileAsync(file) });
      bornNs.push((await stat(file, { bigint: true })).birthtimeNs);
    }
    return {
      kind: 'readable',
      path,
      chain,
      bornNs,
      format: disk.format,
      diskKind: disk.kind,
      sizeBytes: disk.sizeBytes,
      logicalSectorBytes: disk.logicalSectorBytes,
      rootDiskId: disk.identity.diskId,
      partitionTable,
    };
  } finally {
    disk.close();
  }
};

const parentNamesOf = (path: string): readonly string[] => {
  try {
    const layer = openDiskLayer(path);
    layer.close();
    return (layer.parent?.paths ?? []).map((parent) => basename(parent.replaceAll('\\', '/')).toLowerCase());
  } catch (error) {
    // The file itself is damaged; that is what the caller is about to report.
    if (error instanceof ReplicationError) return [];
    throw error;
  }
};
