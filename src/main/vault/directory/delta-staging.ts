import { ReplicationError } from '../../../contract/errors.ts';
import { asBuffer, digestBytes, digestOf, isZero } from '../../block/digest.ts';
import {
  type BlockChange,
  blockLength,
  fullPageMask,
  pageBytes,
  pageRanges,
  trackingBlockBytes,
} from '../../block/tracking-block.ts';
import type { VirtualDisk } from '../../disk/virtual-disk.ts';
import type { LogWriter } from '../../hrl/log-writer.ts';
import { payFor, type WritePacer } from '../pacing/write-pacer.ts';
import type { DeltaSpec, DeltaWriter } from '../replica-vault.ts';
import { BlockSet } from './block-set.ts';
import type { RecordedDigests } from './replica-source.ts';
import { atVault } from './vault-errors.ts';
import type { StagedRecord } from './vm-record.ts';

/** An interrupted delta goes on from its last mark; there is one after this much. */
const checkpointBytes = 64 * 1024 * 1024;

export interface StagingFiles {
  readonly root: string;
  readonly sizeBytes: number;
  readonly log: LogWriter;
  readonly replica: VirtualDisk;
  readonly digests: RecordedDigests;
  readonly pacer: WritePacer;
  /** Replaces the record beside the log. */
  readonly save: (record: StagedRecord) => void;
}

/**
 * Stages a delta in a log beside the replica. Each block is compared with the replica, and only pages that differ are
 * staged:
 *
 * | the block | staged |
 * |---|---|
 * | differs in some pages | these pages, with the digest of the whole block |
 * | is equal, digest recorded | nothing |
 * | is equal, another digest recorded | one page, so that the commit records the right digest |
 * | was put before in this delta | as it came: the replica does not have the earlier change yet |
 */
export class DeltaStaging implements DeltaWriter {
  readonly resumedChanges: number;
  readonly isResumed: boolean;
  readonly #files: StagingFiles;
  readonly #spec: DeltaSpec;
  readonly #staged = new BlockSet();
  readonly #old = Buffer.alloc(trackingBlockBytes);
  readonly #narrowed = Buffer.alloc(trackingBlockBytes);
  readonly #recorded = new Uint8Array(digestBytes);
  #record: StagedRecord;
  #puts: number;
  #checkpointBytes: number;
  #open = true;

  constructor(
    files: StagingFiles,
    spec: DeltaSpec,
    record: StagedRecord,
    resumedBlocks: Iterable<number> | null,
  ) {
    this.#files = files;
    this.#spec = spec;
    this.#record = record;
    this.#puts = files.log.lastCut?.cut ?? 0;
    this.resumedChanges = this.#puts;
    this.isResumed = resumedBlocks !== null;
    this.#checkpointBytes = files.log.bytes;
    for (const block of resumedBlocks ?? []) this.#staged.add(block);
  }

  put(change: BlockChange): Promise<number> {
    return atVault(this.#files.root, async () => {
      if (!this.#open || this.#record.sealedPuts !== null) {
        throw new ReplicationError(
          'STATE_INVALID',
          `The delta to cut ${this.#record.cut} is sealed or closed already.`,
          {
            file: this.#files.log.path,
          },
        );
      }
      const before = this.#files.log.bytes;
      const narrowed = this.#staged.has(change.block) ? change : this.#narrow(change);
      if (narrowed !== null) {
        await payFor(this.#files.pacer, narrowed.data.length);
        this.#files.log.append(narrowed);
        this.#staged.add(change.block);
      }
      this.#puts += 1;
      const { bytes } = this.#files.log;
      if (bytes - this.#checkpointBytes >= checkpointBytes) this.#mark();
      return bytes - before;
    });
  }

  /** What an interrupted run staged shows in the log: such a block is staged again as it is now. */
  restage(change: BlockChange): Promise<number> {
    return this.put(change);
  }

  checkpoint(): Promise<number> {
    return atVault(this.#files.root, () => {
      if (this.#record.sealedPuts === null) this.#mark();
      return this.#puts;
    });
  }

  seal(): Promise<void> {
    return atVault(this.#files.root, () => {
      if (this.#record.sealedPuts === null) {
        this.#mark();
        this.#record = { ...this.#record, sealedPuts: this.#puts };
        this.#files.save(this.#record);
      }
      this.#release();
    });
  }

  async close(): Promise<void> {
    this.#release();
  }

  /** Makes everything put so far durable. The marks of a staged delta count changes, so that it knows where to go on. */
  #mark(): void {
    const { log } = this.#files;
    const { takenAtMs, consistency } = this.#spec;
    if (this.#puts > (log.lastCut?.cut ?? 0)) log.cut({ cut: this.#puts, takenAtMs, consistency });
    this.#checkpointBytes = log.bytes;
  }

  /** What of `change` the replica does not have, or null. The result is valid until the next call. */
  #narrow(change: BlockChange): BlockChange | null {
    const { block, pageMask, data, digest } = change;
    const length = blockLength(this.#files.sizeBytes, block);
    const old = this.#old.subarray(0, length);
    this.#files.replica.read(old, block * trackingBlockBytes);
    this.#files.digests.read(this.#recorded, block);
    const isRecorded = asBuffer(this.#recorded).equals(digest);
    if (pageMask === 0) return isZero(old) && isRecorded ? null : change;

    let differing = 0;
    let first = 0;
    let at = 0;
    for (const range of pageRanges(pageMask, length)) {
      for (let offset = range.offset; offset < range.offset + range.length; offset += pageBytes) {
        const page = data.subarray(at, at + Math.min(pageBytes, range.offset + range.length - offset));
        if (first === 0) first = 1 << (offset / pageBytes);
        if (!old.subarray(offset, offset + page.length).equals(page)) differing |= 1 << (offset / pageBytes);
        old.set(page, offset);
        at += page.length;
      }
    }
    if (pageMask !== fullPageMask(length)) this.#requireDigest(old, block, digest);
    if (differing === 0 && isRecorded) return null;
    return this.#withPages(block, differing === 0 ? first : differing, old, digest);
  }

  /** The change that sets the pages of `mask` to what they are in `content`. */
  #withPages(block: number, mask: number, content: Uint8Array, digest: Uint8Array): BlockChange {
    let bytes = 0;
    for (const { offset, length } of pageRanges(mask, content.length)) {
      this.#narrowed.set(content.subarray(offset, offset + length), bytes);
      bytes += length;
    }
    return { block, pageMask: mask, data: this.#narrowed.subarray(0, bytes), digest };
  }

  /** Pages alone do not tell whether the rest of the block is what the source has; the digest of the whole does. */
  #requireDigest(content: Uint8Array, block: number, digest: Uint8Array): void {
    if (asBuffer(digestOf(content)).equals(digest)) return;
    const offset = block * trackingBlockBytes;
    const { path } = this.#files.replica;
    throw new ReplicationError(
      'REPLICA_INVALID',
      `The replica ${path} does not hold what was replicated: the pages sent for the block at ${offset} do not fit it.`,
      { file: path, offset },
    );
  }

  #release(): void {
    if (!this.#open) return;
    this.#open = false;
    this.#files.log.close();
    this.#files.replica.close();
    this.#files.digests.close();
  }
}
