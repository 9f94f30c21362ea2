import type { PageBlobClient } from '@azure/storage-blob';
import { ReplicationError } from '../../../contract/errors.ts';
import { asBuffer, digestBytes } from '../../block/digest.ts';
import { blockCount } from '../../block/tracking-block.ts';
import type { Extent } from '../../disk/virtual-disk.ts';
import type { ReplicaContent } from '../replica-vault.ts';
import { atAzure } from './azure-errors.ts';
import type { DiskRecord, DiskState, VmRecord } from './azure-record.ts';
import { digestBlobBytes } from './digest-windows.ts';
import { sectorBytes } from './page-limits.ts';
import { readPages } from './read-pages.ts';
import type { ReplicaCipher } from './replica-cipher.ts';
import type { VmBlobs } from './vm-blobs.ts';
import { listWritten, WrittenPages } from './written-pages.ts';

/** Digests are asked for a few at a time; they come this many bytes at a time. */
const digestWindowBytes = 64 * 1024;
/** One request of this size is as fast as four of a quarter, and takes one round trip. */
const aheadBytes = 4 * 1024 * 1024;
/** Written ranges are asked for this much of the disk at a time. */
const extentWindowBytes = 16 * 1024 ** 3;

/**
 * A disk's content at a recovery point or, with `pointId` null, its newest committed state: both are snapshots, so that a
 * reader never sees a delta on its way.
 */
export class BlobContent implements ReplicaContent {
  readonly sizeBytes: number;
  /** Both are snapshots, taken of blobs whose ETags were what the delta had left: neither can change without the other. */
  readonly vouches = true;
  readonly file = null;
  readonly #blobs: VmBlobs;
  readonly #diskId: string;
  readonly #pointId: string | null;
  readonly #written = new WrittenPages();
  readonly #writtenDigests = new WrittenPages();
  #current: Current;
  #ownCipher: { readonly data: string; readonly cipher: ReplicaCipher } | null = null;
  #nextOffset = 0;
  #aheadBuffer: Buffer | null = null;
  #ahead: { readonly from: number; readonly bytes: Buffer } | null = null;
  #window: { readonly from: number; readonly bytes: Buffer } | null = null;

  /** @throws POINT_NOT_FOUND, REPLICA_MISSING */
  static async open(blobs: VmBlobs, diskId: string, pointId: string | null): Promise<BlobContent> {
    const content = new BlobContent(blobs, diskId, pointId, await resolve(blobs, diskId, pointId));
    // Finds out now whether the snapshots are there.
    await content.#steadily((data) => data.getProperties());
    await content.#steadily((_, digests) => digests.getProperties());
    return content;
  }

  private constructor(blobs: VmBlobs, diskId: string, pointId: string | null, current: Current) {
    this.#blobs = blobs;
    this.#diskId = diskId;
    this.#pointId = pointId;
    this.#current = current;
    this.sizeBytes = current.state.sizeBytes;
  }

  /** One after the other: readers go through a disk in order, and get what comes next along with what they ask for. */
  async read(target: Uint8Array, offset: number): Promise<void> {
    const out = asBuffer(target);
    const isNext = offset === this.#nextOffset;
    this.#nextOffset = offset + out.length;
    const ahead = this.#ahead;
    if (ahead !== null && offset >= ahead.from && offset + out.length <= ahead.from + ahead.bytes.length) {
      await this.#refresh();
      ahead.bytes.copy(out, 0, offset - ahead.from);
      return;
    }
    await this.#steadily(async (data) => {
      if (!(await this.#written.touch(data, offset, out.length))) {
        out.fill(0);
        return;
      }
      const length = Math.min(aheadBytes, this.sizeBytes - offset);
      if (!isNext || length <= out.length) return this.#fill(data, out, offset);
      const bytes = this.#aheadMemory.subarray(0, length);
      this.#ahead = null;
      await this.#fill(data, bytes, offset);
      this.#ahead = { from: offset, bytes };
      bytes.copy(out);
    });
  }

  /** Reads and decrypts: whole sectors, whatever is asked for. */
  async #fill(data: PageBlobClient, target: Buffer, offset: number): Promise<void> {
    const cipher = this.#cipher;
    const start = offset - (offset % sectorBytes);
    const end = Math.ceil((offset + target.length) / sectorBytes) * sectorBytes;
    if (cipher.isPlain || end - start === target.length) {
      await readPages(data, target, offset);
      cipher.decrypt(target, offset);
      return;
    }
    const sectors = Buffer.allocUnsafe(end - start);
    await readPages(data, sectors, start);
    cipher.decrypt(sectors, start);
    sectors.copy(target, 0, offset - start);
  }

  get #cipher(): ReplicaCipher {
    const { data } = this.#current.state;
    if (this.#ownCipher?.data !== data) this.#ownCipher = { data, cipher: this.#blobs.cipher(data) };
    return this.#ownCipher.cipher;
  }

  async digests(target: Uint8Array, firstBlock: number): Promise<void> {
    const out = asBuffer(target);
    for (let at = 0; at < out.length; ) {
      const offset = firstBlock * digestBytes + at;
      const { from, bytes } = await this.#digestWindow(offset);
      at += bytes.copy(out, at, offset - from);
    }
  }

  async *extents(from = 0, to = this.sizeBytes): AsyncGenerator<Extent> {
    for (let at = from; at < to; at += extentWindowBytes) {
      const end = Math.min(to, at + extentWindowBytes);
      let written: Awaited<ReturnType<typeof listWritten>> = [];
      await this.#steadily(async (data) => {
        written = await listWritten(data, at, end - at);
      });
      for (const [first, last] of written) {
        const offset = Math.max(at, first);
        const length = Math.min(end, last + 1) - offset;
        if (length > 0) yield { offset, length };
      }
    }
  }

  async close(): Promise<void> {
    this.#ahead = null;
    this.#aheadBuffer = null;
  }

  get #aheadMemory(): Buffer {
    this.#aheadBuffer ??= Buffer.allocUnsafeSlow(aheadBytes);
    return this.#aheadBuffer;
  }

  async #digestWindow(offset: number): Promise<{ readonly from: number; readonly bytes: Buffer }> {
    const from = Math.floor(offset / digestWindowBytes) * digestWindowBytes;
    if (this.#window?.from === from) {
      await this.#refresh();
      return this.#window;
    }
    const bytes = Buffer.alloc(
      Math.max(0, Math.min(digestWindowBytes, digestBlobBytes(this.sizeBytes) - from)),
    );
    if (offset - from >= bytes.length) {
      const file = this.#blobs.url(this.#current.state.digests);
      throw new ReplicationError('INPUT_INVALID', `The replica ${file} has no digest at ${offset}.`, {
        file,
        offset,
      });
    }
    if (this.#writtenDigests.lacks(from, bytes.length)) return { from, bytes };
    await this.#steadily(async (_, digests) => {
      const isWritten = await this.#writtenDigests.touch(digests, from, bytes.length);
      if (isWritten) await readPages(digests, bytes, from);
    });
    this.#cipher.decryptDigests(
      bytes.subarray(0, blockCount(this.sizeBytes) * digestBytes - from),
      from / digestBytes,
    );
    this.#window = { from, bytes };
    return this.#window;
  }

  async #steadily(work: (data: PageBlobClient, digests: PageBlobClient) => Promise<unknown>): Promise<void> {
    for (;;) {
      const { data, snapshot, digests, digestsSnapshot } = this.#current.state;
      const reading = atAzure(`${this.#blobs.url(data)} (${snapshot})`, () =>
        work(
          this.#blobs.pages(data).withSnapshot(snapshot),
          this.#blobs.pages(digests).withSnapshot(digestsSnapshot),
        ),
      );
      const [current, read] = await Promise.allSettled([this.#refresh(), reading]);
      // A snapshot that went with an older state is no damage.
      if (current.status === 'rejected') throw current.reason;
      if (read.status === 'fulfilled') return;
      const isGone = read.reason instanceof ReplicationError && read.reason.code === 'REPLICA_MISSING';
      if (!isGone || !(await this.#hasNewSnapshot(snapshot))) throw read.reason;
    }
  }

  /** The newest state is asked after while it is read. @throws STATE_INVALID once it moved */
  async #refresh(): Promise<void> {
    if (this.#pointId !== null || (await this.#blobs.recordEtag()) === this.#current.etag) return;
    const next = await resolve(this.#blobs, this.#diskId, null);
    const { state, sequence } = this.#current;
    this.#current = next;
    if (next.state.generation === state.generation && next.sequence === sequence) return;
    const file = this.#blobs.url(state.data);
    throw new ReplicationError('STATE_INVALID', `The replica ${file} moved on while it was read.`, { file });
  }

  /** A rolled-back delta leaves the same state under a new snapshot. */
  async #hasNewSnapshot(snapshot: string): Promise<boolean> {
    if (this.#current.state.snapshot === snapshot) {
      this.#current = await resolve(this.#blobs, this.#diskId, this.#pointId);
    }
    return this.#current.state.snapshot !== snapshot;
  }
}

interface Current {
  readonly state: DiskState;
  /** The commit of the newest state; null at a recovery point. */
  readonly sequence: number | null;
  /** ETag of the record that said so. */
  readonly etag: string;
}

const resolve = async (blobs: VmBlobs, diskId: string, pointId: string | null): Promise<Current> => {
  const { record, etag } = await blobs.readRecord();
  const state = stateIn(record, blobs, diskId, pointId);
  return { state, etag, sequence: 'sequence' in state ? Number(state.sequence) : null };
};

const stateIn = (
  record: VmRecord,
  blobs: VmBlobs,
  diskId: string,
  pointId: string | null,
): DiskRecord | DiskState => {
  const context = { vm: record.vm.name, file: blobs.recordUrl };
  if (pointId === null) {
    const disk = record.disks.find((entry) => entry.diskId === diskId);
    if (disk !== undefined) return disk;
    const text = `The vault holds no complete replica of disk ${diskId}.`;
    throw new ReplicationError('REPLICA_MISSING', text, context);
  }
  const point = record.points.find(({ id }) => id === pointId);
  const state = point?.disks.find((entry) => entry.diskId === diskId);
  if (state !== undefined) return state;
  const what = point === undefined ? 'There is no recovery point' : `Disk ${diskId} is not in recovery point`;
  throw new ReplicationError('POINT_NOT_FOUND', `${what} ${pointId}.`, context);
};
