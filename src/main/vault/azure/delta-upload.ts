import { ReplicationError } from '../../../contract/errors.ts';
import { asBuffer, digestOf, isZero } from '../../block/digest.ts';
import {
  type BlockChange,
  blockLength,
  fullPageMask,
  pageRanges,
  trackingBlockBytes,
} from '../../block/tracking-block.ts';
import type { DeltaWriter } from '../replica-vault.ts';
import { atAzure } from './azure-errors.ts';
import type { DeltaNote, DiskRecord } from './azure-record.ts';
import { finishedMetadata } from './blob-metadata.ts';
import { DigestWindows } from './digest-windows.ts';
import { sectorBytes, writeBytesFor } from './page-limits.ts';
import { type PageRequest, planPageRequests } from './page-plan.ts';
import { PageUpload, type UploadFlow } from './page-upload.ts';
import { readPages } from './read-pages.ts';
import type { ReplicaCipher } from './replica-cipher.ts';
import type { VmBlobs } from './vm-blobs.ts';

/** An interrupted delta goes on from its last checkpoint; there is one after this much. */
const checkpointBytes = 64 * 1024 * 1024;
const mostBatchChanges = 4096;
/** What an interrupted run wrote is read back this much at a time. */
const aheadBytes = 4 * 1024 * 1024;

interface Batch {
  readonly buffer: Buffer;
  bytes: number;
  readonly changes: BlockChange[];
}

/**
 * Writes a delta into the page blobs themselves: nothing is sent twice, and nothing is lost by it, because the content up
 * to now is a snapshot. Changes gather to batches of 4 MiB; neighbouring ones leave as one request.
 */
export class DeltaUpload implements DeltaWriter {
  readonly resumedChanges: number;
  readonly isResumed: boolean;
  readonly #blobs: VmBlobs;
  readonly #leaseId: string;
  readonly #disk: DiskRecord;
  readonly #upload: PageUpload;
  readonly #digests: DigestWindows;
  readonly #cipher: ReplicaCipher;
  readonly #batchBytes: number;
  readonly #free: Buffer[] = [];
  /** Up to here, as `#bytes` counts, the interrupted run may have written what its last checkpoint does not count. */
  readonly #knownFromBytes: number;
  /** Blocks with requests in flight: a later change must not overtake an earlier one. */
  readonly #inFlight = new Set<number>();
  #ahead: { readonly from: number; readonly bytes: Buffer } | null = null;
  #batch: Batch | null = null;
  #batchBlocks = new Set<number>();
  #note: DeltaNote;
  #puts: number;
  #bytes: number;
  #open = true;

  constructor(
    blobs: VmBlobs,
    leaseId: string,
    disk: DiskRecord,
    note: DeltaNote,
    flow: UploadFlow,
    isResumed: boolean,
  ) {
    this.#blobs = blobs;
    this.#leaseId = leaseId;
    this.#disk = disk;
    this.#note = note;
    this.resumedChanges = note.puts;
    this.isResumed = isResumed;
    this.#puts = note.puts;
    this.#bytes = note.bytes;
    this.#cipher = blobs.cipher(disk.data);
    this.#batchBytes = writeBytesFor(flow.threads);
    this.#knownFromBytes = isResumed ? note.bytes + checkpointBytes + this.#batchBytes : 0;
    this.#upload = new PageUpload({ client: blobs.pages(disk.data), leaseId }, flow);
    this.#digests = new DigestWindows(
      { client: blobs.pages(disk.digests), leaseId },
      disk.sizeBytes,
      false,
      flow,
    );
  }

  async put(change: BlockChange): Promise<number> {
    if (!this.#open || this.#note.sealed !== null) {
      const file = this.#blobs.url(this.#disk.data);
      const text = `The delta to cut ${this.#note.cut} is sealed or closed already.`;
      throw new ReplicationError('STATE_INVALID', text, { file });
    }
    const { pageMask, block } = change;
    const length = blockLength(this.#disk.sizeBytes, block);
    const isWhole = pageMask === 0 || pageMask === fullPageMask(length);
    const checked = isWhole ? change : await this.#checkedPages(change, length);
    await this.#gather(checked);
    await this.#digests.write(block, this.#cipher.encryptDigests(checked.digest, block));
    this.#puts += 1;
    this.#bytes += checked.data.length;
    if (this.#bytes - this.#note.bytes >= checkpointBytes) await this.#checkpoint();
    return checked.data.length;
  }

  /** Pages may be in the blob already that no checkpoint counts: what is there now is compared. */
  async restage(change: BlockChange): Promise<number> {
    const held = await this.#heldNow(change.block);
    const isThere = change.pageMask === 0 ? isZero(held) : held.equals(change.data);
    if (!isThere) return this.put(change);
    // The digest may have been on its way when the run ended.
    await this.#digests.write(change.block, this.#cipher.encryptDigests(change.digest, change.block));
    this.#puts += 1;
    return 0;
  }

  async checkpoint(): Promise<number> {
    if (this.#note.sealed === null && this.#puts > this.#note.puts) await this.#checkpoint();
    return this.#puts;
  }

  async seal(): Promise<void> {
    if (this.#note.sealed === null) {
      await this.#sendEverything();
      const { data, digests, diskId, sizeBytes } = this.#disk;
      const { cut, lineage } = this.#note;
      const metadata = finishedMetadata({
        diskId,
        sizeBytes,
        lineage,
        cut,
        isEncrypted: this.#blobs.isEncrypted,
      });
      const answer = await atAzure(this.#blobs.url(data), () =>
        this.#blobs.pages(data).setMetadata(metadata, { conditions: { leaseId: this.#leaseId } }),
      );
      const digestsEtag = (await this.#blobs.head(digests))?.etag ?? '';
      const sealed = { cut, dataEtag: answer.etag ?? '', digestsEtag };
      this.#note = { ...this.#note, puts: this.#puts, bytes: this.#bytes, sealed };
      await this.#blobs.writeDelta(this.#note);
    }
    this.#open = false;
  }

  async close(): Promise<void> {
    if (!this.#open) return;
    this.#open = false;
    const isSound = await this.#upload.settle();
    if (!isSound || this.#puts === this.#note.puts) return;
    try {
      await this.#checkpoint();
    } catch {
      // Whoever lets go has a reason of his own to tell; what is not noted is sent again.
    }
  }

  async #gather({ block, pageMask, data, digest }: BlockChange): Promise<void> {
    let batch = this.#batch;
    const isFull =
      batch !== null &&
      (batch.bytes + data.length > this.#batchBytes || batch.changes.length >= mostBatchChanges);
    if (isFull) await this.#sendBatch();
    batch = this.#batch ??= {
      buffer: this.#free.pop() ?? Buffer.allocUnsafeSlow(this.#batchBytes),
      bytes: 0,
      changes: [],
    };
    const kept = batch.buffer.subarray(batch.bytes, batch.bytes + data.length);
    this.#encrypt(kept, data, block, pageMask);
    batch.bytes += data.length;
    batch.changes.push({ block, pageMask, data: kept, digest });
    this.#batchBlocks.add(block);
  }

  #encrypt(target: Uint8Array, data: Uint8Array, block: number, pageMask: number): void {
    let from = 0;
    for (const { offset, length } of pageRanges(pageMask, blockLength(this.#disk.sizeBytes, block))) {
      const part = data.subarray(from, from + length);
      this.#cipher.encrypt(target.subarray(from, from + length), part, block * trackingBlockBytes + offset);
      from += length;
    }
  }

  async #sendBatch(): Promise<void> {
    const batch = this.#batch;
    if (batch === null) return;
    const blocks = this.#batchBlocks;
    this.#batch = null;
    this.#batchBlocks = new Set();
    if ([...blocks].some((block) => this.#inFlight.has(block))) await this.#upload.drain();
    for (const block of blocks) this.#inFlight.add(block);
    const requests = planPageRequests(batch.changes, this.#disk.sizeBytes);
    let left = requests.length;
    const done = () => {
      left -= 1;
      if (left > 0) return;
      for (const block of blocks) this.#inFlight.delete(block);
      this.#free.push(batch.buffer);
    };
    for (const request of requests) await this.#send(request, done);
  }

  #send(request: PageRequest, done: () => void): Promise<void> {
    const { offset, length } = request;
    if (request.kind === 'clear') return this.#upload.clear(offset, length, done);
    const data = [joined(request.parts, length)];
    if (this.#bytes < this.#knownFromBytes) return this.#upload.complete(offset, data, done);
    return this.#upload.write(offset, data, done);
  }

  async #sendEverything(): Promise<void> {
    await this.#sendBatch();
    await this.#upload.drain();
    await this.#digests.flush();
  }

  /** A block as the blob has it. Blocks are asked for in ascending order, so that what comes next is not written yet. */
  async #heldNow(block: number): Promise<Buffer> {
    const { sizeBytes, data } = this.#disk;
    const offset = block * trackingBlockBytes;
    const length = blockLength(sizeBytes, block);
    let ahead = this.#ahead;
    if (ahead === null || offset < ahead.from || offset + length > ahead.from + ahead.bytes.length) {
      const sectors = Math.ceil((sizeBytes - offset) / sectorBytes) * sectorBytes;
      const bytes = Buffer.allocUnsafe(Math.min(aheadBytes, sectors));
      await atAzure(this.#blobs.url(data), () => readPages(this.#blobs.pages(data), bytes, offset));
      this.#cipher.decrypt(bytes, offset);
      ahead = this.#ahead = { from: offset, bytes };
    }
    return ahead.bytes.subarray(offset - ahead.from, offset - ahead.from + length);
  }

  async #checkpoint(): Promise<void> {
    await this.#sendEverything();
    this.#note = { ...this.#note, puts: this.#puts, bytes: this.#bytes };
    await this.#blobs.writeDelta(this.#note);
  }

  /**
   * Pages alone do not tell whether the rest of the block is what the source has; the digest of the whole does. The block
   * may hold what an interrupted run wrote for a later change: then it is made whole from the state before the delta.
   * @throws REPLICA_INVALID
   */
  async #checkedPages(change: BlockChange, length: number): Promise<BlockChange> {
    const { block } = change;
    if (this.#batchBlocks.has(block) || this.#inFlight.has(block)) {
      await this.#sendBatch();
      await this.#upload.drain();
    }
    const content = Buffer.alloc(length);
    const pages = this.#blobs.pages(this.#disk.data);
    const offset = block * trackingBlockBytes;
    const file = this.#blobs.url(this.#disk.data);
    const fits = async (client: typeof pages): Promise<boolean> => {
      await atAzure(file, () => readPages(client, content, offset));
      this.#cipher.decrypt(content, offset);
      let from = 0;
      for (const range of pageRanges(change.pageMask, length)) {
        content.set(change.data.subarray(from, from + range.length), range.offset);
        from += range.length;
      }
      return asBuffer(digestOf(content)).equals(change.digest);
    };
    if (await fits(pages)) return change;
    if (await fits(pages.withSnapshot(this.#disk.snapshot))) {
      return { ...change, pageMask: fullPageMask(length), data: content };
    }
    throw new ReplicationError(
      'REPLICA_INVALID',
      `The replica ${file} does not hold what was replicated: the pages sent for the block at ${offset} do not fit it.`,
      { file, offset },
    );
  }
}

/** The parts as one piece of memory, without a copy where they are that already. */
const joined = (parts: readonly Uint8Array[], length: number): Buffer => {
  const first = parts[0]!;
  let end = first.byteOffset;
  const isOnePiece = parts.every((part) => {
    const follows = part.buffer === first.buffer && part.byteOffset === end;
    end += part.byteLength;
    return follows;
  });
  return isOnePiece ? Buffer.from(first.buffer, first.byteOffset, length) : Buffer.concat(parts);
};
