import { ReplicationError } from '../../../contract/errors.ts';
import { isUuid } from '../../block/binary-fields.ts';
import { asBuffer } from '../../block/digest.ts';
import { trackingBlockBytes } from '../../block/tracking-block.ts';
import { encodeFooter } from '../../disk/vhd/footer.ts';
import { newFooter } from '../../disk/vhd/new-footer.ts';
import type { InitialReplica } from '../replica-vault.ts';
import { atAzure } from './azure-errors.ts';
import type { InitialNote } from './azure-record.ts';
import { finishedMetadata } from './blob-metadata.ts';
import { DigestWindows } from './digest-windows.ts';
import { vhdDataBytes, writeBytesFor } from './page-limits.ts';
import { PageUpload, type UploadFlow } from './page-upload.ts';
import { PageWriter } from './page-writer.ts';
import type { ReplicaCipher } from './replica-cipher.ts';
import type { VmBlobs } from './vm-blobs.ts';

export interface InitialStart {
  /** The digests' blob holds zeros throughout. */
  readonly fresh: boolean;
  /** Where the copy begins. */
  readonly from: number;
  /** From here on the blob holds zeros. */
  readonly writtenTo: number;
}

interface PendingWrite {
  readonly offset: number;
  readonly pieces: Buffer[];
  length: number;
  /** Memory of ours that pieces lie in, where they had to be copied. */
  buffer: Buffer | null;
  /** Lets go of what pieces were kept instead. */
  readonly releases: (() => void)[];
}

/**
 * The first copy of a disk into a page blob: ranges that follow one another are joined to writes of 4 MiB, several of them
 * in flight; zeros cost nothing where the blob has them. What an interrupted run sent beyond its checkpoint, up to
 * `writtenTo`, is read back and not sent again. The footer comes last, with `seal`: until then no tool takes the blob for a
 * disk.
 */
export class InitialUpload implements InitialReplica {
  readonly resumedFromOffset: number;
  readonly #blobs: VmBlobs;
  readonly #leaseId: string;
  readonly #upload: PageUpload;
  readonly #digests: DigestWindows;
  readonly #cipher: ReplicaCipher;
  readonly #writeBytes: number;
  readonly #writtenTo: number;
  readonly #free: Buffer[] = [];
  /** Of all writes that are not done. */
  readonly #kept = new Set<() => void>();
  #note: InitialNote;
  /** What waits to become a full write. */
  #pending: PendingWrite | null = null;
  #sending: Promise<void> = Promise.resolve();
  /** Everything below was given; ranges given ahead of it wait in `#ahead` (offset → end). */
  #givenTo: number;
  readonly #ahead = new Map<number, number>();
  #bytes: number;
  #open = true;

  constructor(
    blobs: VmBlobs,
    leaseId: string,
    note: InitialNote,
    flow: UploadFlow,
    { fresh, from, writtenTo }: InitialStart,
  ) {
    this.#blobs = blobs;
    this.#leaseId = leaseId;
    this.#note = note;
    this.resumedFromOffset = from;
    this.#writtenTo = writtenTo;
    this.#givenTo = from;
    this.#bytes = note.bytes;
    this.#cipher = blobs.cipher(note.data);
    this.#writeBytes = writeBytesFor(flow.threads);
    this.#upload = new PageUpload({ client: blobs.pages(note.data), leaseId }, flow);
    this.#digests = new DigestWindows(
      { client: blobs.pages(note.digests), leaseId },
      note.sizeBytes,
      fresh,
      flow,
    );
  }

  async write(
    offset: number,
    data: Uint8Array,
    digests: Uint8Array,
    keep: (() => () => void) | null = null,
  ): Promise<void> {
    this.#requireOpen();
    const firstBlock = offset / trackingBlockBytes;
    await this.#digests.write(firstBlock, this.#cipher.encryptDigests(digests, firstBlock));
    for (let at = 0; at < data.length; ) {
      const pending = this.#roomAt(offset + at);
      if (pending === null) {
        await this.#send();
        continue;
      }
      const part = data.subarray(at, at + this.#writeBytes - pending.length);
      if (keep !== null && this.#cipher.isPlain) this.#keep(pending, part, keep());
      else this.#copy(pending, part, offset + at);
      pending.length += part.length;
      at += part.length;
    }
    this.#bytes += data.length;
    this.#given(offset, data.length);
  }

  async zero(offset: number, length: number): Promise<void> {
    this.#requireOpen();
    const left = Math.min(length, this.#writtenTo - offset);
    if (left > 0) await this.#inTurn(() => this.#upload.clear(offset, left, () => undefined));
    this.#given(offset, length);
  }

  async flush(): Promise<void> {
    this.#requireOpen();
    const durableTo = this.#givenTo;
    await this.#send();
    await this.#upload.drain();
    await this.#digests.flush();
    this.#note = { ...this.#note, durableTo, bytes: this.#bytes };
    await this.#blobs.writeInitial(this.#note);
  }

  async seal(cut: number): Promise<void> {
    this.#requireOpen();
    await this.#send();
    await this.#upload.drain();
    await this.#digests.flush();
    const { data, digests, diskId, sizeBytes, lineage } = this.#note;
    const dataBytes = vhdDataBytes(sizeBytes);
    const identity = isUuid(diskId) ? { diskId } : {};
    const footer = Buffer.from(encodeFooter(newFooter('fixed', null, { sizeBytes: dataBytes, ...identity })));
    this.#cipher.encrypt(footer, footer, dataBytes);
    const { isEncrypted } = this.#blobs;
    const conditions = { leaseId: this.#leaseId };
    const client = this.#blobs.pages(data);
    const dataEtag = await atAzure(this.#blobs.url(data), async () => {
      await client.setMetadata(finishedMetadata({ diskId, sizeBytes, lineage, cut, isEncrypted }), {
        conditions,
      });
      return new PageWriter({ client, leaseId: this.#leaseId }).write([footer], dataBytes);
    });
    const digestsEtag = (await this.#blobs.head(digests))?.etag ?? '';
    this.#note = {
      ...this.#note,
      durableTo: sizeBytes,
      bytes: this.#bytes,
      sealed: { cut, dataEtag, digestsEtag },
    };
    await this.#blobs.writeInitial(this.#note);
    this.#open = false;
  }

  async close(): Promise<void> {
    this.#open = false;
    await this.#sending.catch(() => undefined);
    await this.#upload.settle();
    for (const release of this.#kept) release();
  }

  /** The write that goes on at `offset`, with room left; null when another must leave first. */
  #roomAt(offset: number): PendingWrite | null {
    this.#pending ??= {
      offset,
      pieces: [],
      length: 0,
      buffer: null,
      releases: [],
    };
    const { offset: start, length } = this.#pending;
    return start + length === offset && length < this.#writeBytes ? this.#pending : null;
  }

  #keep(pending: PendingWrite, part: Uint8Array, release: () => void): void {
    pending.pieces.push(asBuffer(part));
    pending.releases.push(release);
    this.#kept.add(release);
  }

  #copy(pending: PendingWrite, part: Uint8Array, offset: number): void {
    pending.buffer ??= this.#free.pop() ?? Buffer.allocUnsafeSlow(this.#writeBytes);
    const copy = pending.buffer.subarray(pending.length, pending.length + part.length);
    this.#cipher.encrypt(copy, part, offset);
    pending.pieces.push(copy);
  }

  /** Resolves when what was pending, now and before, is in flight: a flush in the background must not miss any of it. */
  #send(): Promise<void> {
    const pending = this.#pending;
    this.#pending = null;
    if (pending !== null) {
      const { buffer, offset, pieces: data, releases } = pending;
      const done = () => {
        if (buffer !== null) this.#free.push(buffer);
        for (const release of releases) {
          release();
          this.#kept.delete(release);
        }
      };
      const mayBeThere = offset < this.#writtenTo;
      return this.#inTurn(() =>
        mayBeThere ? this.#upload.complete(offset, data, done) : this.#upload.write(offset, data, done),
      );
    }
    return this.#sending;
  }

  #inTurn(send: () => Promise<void>): Promise<void> {
    this.#sending = this.#sending.then(send);
    // Whoever waits for it next gets the failure.
    this.#sending.catch(() => undefined);
    return this.#sending;
  }

  #given(offset: number, length: number): void {
    this.#ahead.set(offset, offset + length);
    for (let end = this.#ahead.get(this.#givenTo); end !== undefined; end = this.#ahead.get(this.#givenTo)) {
      this.#ahead.delete(this.#givenTo);
      if (end <= this.#givenTo) break;
      this.#givenTo = end;
    }
  }

  #requireOpen(): void {
    if (this.#open) return;
    const file = this.#blobs.url(this.#note.data);
    throw new ReplicationError('STATE_INVALID', `The initial replica ${file} is sealed or closed already.`, {
      file,
    });
  }
}
