import { ReplicationError } from '../../../contract/errors.ts';
import { asBuffer, digestBytes, digestOf, isZero } from '../../block/digest.ts';
import {
  blockLength,
  fullPageMask,
  pageBytes,
  pageRanges,
  trackingBlockBytes,
} from '../../block/tracking-block.ts';
import type { VirtualDisk } from '../../disk/virtual-disk.ts';
import { LogReader } from '../../hrl/log-reader.ts';
import type { LogWriter } from '../../hrl/log-writer.ts';
import { payFor } from '../pacing/write-pacer.ts';
import type { VmCut } from '../replica-vault.ts';
import { BlockSet } from './block-set.ts';
import { blockHeaders } from './record-index.ts';
import { openReplicaFile, RecordedDigests } from './replica-source.ts';
import type { VmFolder } from './vm-folder.ts';
import { type DiskRecord, newestPointOf, type UndoRecord, type VmRecord } from './vm-record.ts';

/**
 * Before-images: what a commit overwrites, kept so that points can be rebuilt.
 *
 * Invariant: for every point P and every page that any commit after P changed, the oldest record of that page in the
 * before-images after P holds what the page was at P. Cuts that are no points need not be rebuilt, so between two points
 * a page needs to be saved only the first time it is changed. An *interval* is what was committed since the newest point.
 *
 * | before-images in the interval so far | this cut becomes a point | saved of a changed block |
 * |---|---|---|
 * | (there is no point) | | nothing |
 * | none: the cut follows the point directly | yes or no | the pages that change |
 * | some, of cuts that were no points | no | the whole block, unless the interval has it whole: then nothing |
 * | some | yes | the pages that change, unless the interval has the block whole: then nothing |
 *
 * So the usual chain of points costs the pages that changed, and however many fuzzy cuts follow one another, their
 * before-images never hold more than the disk and the first cut's pages. The old digest goes with each record; it is
 * checked against the old block, so that a replica that was altered behind our back is found before it is overwritten.
 */
export const captureBeforeImages = async (
  folder: VmFolder,
  record: VmRecord,
  disk: DiskRecord,
  stagedPath: string,
  cut: VmCut,
  becomesPoint: boolean,
): Promise<UndoRecord | null> => {
  const point = newestPointOf(record, disk);
  if (point === null) return null;
  const sequence = record.sequence + 1;
  const { diskId, lineage, sizeBytes } = disk;
  const interval = disk.undo.filter((undo) => undo.sequence > point.sequence);
  const file = `before-${String(sequence).padStart(8, '0')}.hrl`;
  const path = folder.file(`${disk.folder}/${file}`);
  const temporary = `${path}.tmp`;
  folder.ops.remove(temporary);
  const reader = LogReader.open(stagedPath, { diskId, purpose: 'staged-delta' });
  const log = folder.ops.createLog(temporary, {
    purpose: 'before-images',
    diskId,
    diskSizeBytes: sizeBytes,
    sequence,
    lineage,
    previousCut: sequence - 1,
    createdAtMs: cut.takenAtMs,
  });
  let bytes: number;
  try {
    const saver = new BlockSaver(folder, disk, log, interval, becomesPoint);
    try {
      for (const { block, pageMask } of reader.netChanges()) {
        const before = log.bytes;
        saver.save(block, pageMask);
        await payFor(folder.ops.pacer, log.bytes - before);
      }
    } finally {
      saver.close();
    }
    if (log.unfinishedRecords === 0) bytes = 0;
    else {
      log.cut({ cut: sequence, takenAtMs: cut.takenAtMs, consistency: cut.consistency });
      bytes = log.bytes;
    }
  } finally {
    log.close();
    reader.close();
  }
  if (bytes === 0) {
    folder.ops.remove(temporary);
    return null;
  }
  folder.ops.remove(path);
  folder.ops.rename(temporary, path);
  return { sequence, file, bytes };
};

/** Saves the blocks of one disk as the table above says. */
class BlockSaver {
  readonly #disk: DiskRecord;
  readonly #log: LogWriter;
  readonly #replica: VirtualDisk;
  readonly #digests: RecordedDigests;
  /** Blocks that the interval has whole; null when it has no before-images. */
  readonly #covered: BlockSet | null;
  readonly #wholeBlocks: boolean;
  readonly #old = Buffer.alloc(trackingBlockBytes);
  readonly #pages = Buffer.alloc(trackingBlockBytes);
  readonly #digest = new Uint8Array(digestBytes);

  constructor(
    folder: VmFolder,
    disk: DiskRecord,
    log: LogWriter,
    interval: readonly UndoRecord[],
    becomesPoint: boolean,
  ) {
    this.#disk = disk;
    this.#log = log;
    this.#covered = interval.length === 0 ? null : coveredBlocks(folder, disk, interval);
    this.#wholeBlocks = this.#covered !== null && !becomesPoint;
    this.#replica = openReplicaFile(folder.file(disk.file), disk);
    try {
      this.#digests = new RecordedDigests(folder.file(`${disk.folder}/digests`), disk);
    } catch (error) {
      this.#replica.close();
      throw error;
    }
  }

  save(block: number, changedPages: number): void {
    if (this.#covered?.has(block) === true) return;
    const old = this.#old.subarray(0, blockLength(this.#disk.sizeBytes, block));
    this.#replica.read(old, block * trackingBlockBytes);
    this.#digests.read(this.#digest, block);
    if (!asBuffer(digestOf(old)).equals(this.#digest)) throw altered(this.#replica.path, block);
    if (this.#wholeBlocks) this.#covered?.add(block);
    const all = fullPageMask(old.length);
    const pageMask = isZero(old) ? 0 : this.#wholeBlocks ? all : changedPages || pagesWithData(old);
    let bytes = 0;
    for (const { offset, length } of pageRanges(pageMask, old.length)) {
      this.#pages.set(old.subarray(offset, offset + length), bytes);
      bytes += length;
    }
    this.#log.append({ block, pageMask, data: this.#pages.subarray(0, bytes), digest: this.#digest });
  }

  close(): void {
    this.#replica.close();
    this.#digests.close();
  }
}

const coveredBlocks = (folder: VmFolder, disk: DiskRecord, interval: readonly UndoRecord[]): BlockSet => {
  const covered = new BlockSet();
  for (const { file, sequence } of interval) {
    const path = folder.file(`${disk.folder}/${file}`);
    const expected = { diskId: disk.diskId, purpose: 'before-images', minimumCut: sequence } as const;
    for (const { block, pageMask } of blockHeaders({ path, expected, newestFirst: false })) {
      const all = fullPageMask(blockLength(disk.sizeBytes, block));
      if (pageMask === 0 || pageMask === all) covered.add(block);
    }
  }
  return covered;
};

/** A block that becomes zeros loses only these pages. */
const pagesWithData = (block: Uint8Array): number => {
  let mask = 0;
  for (let at = 0; at < block.length; at += pageBytes) {
    if (!isZero(block.subarray(at, at + pageBytes))) mask |= 1 << (at / pageBytes);
  }
  return mask;
};

const altered = (path: string, block: number): ReplicationError => {
  const offset = block * trackingBlockBytes;
  return new ReplicationError(
    'REPLICA_INVALID',
    `The replica ${path} was changed by something else: the block at ${offset} is not what was replicated.`,
    { file: path, offset },
  );
};
