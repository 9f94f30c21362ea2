import { digestBytes, isZero } from '../../block/digest.ts';
import { blockCount } from '../../block/tracking-block.ts';
import { publicUrl } from './azure-client.ts';
import { atAzure } from './azure-errors.ts';
import { sectorBytes } from './page-limits.ts';
import { PageUpload, type UploadFlow } from './page-upload.ts';
import type { LeasedPages } from './page-writer.ts';
import { readPages } from './read-pages.ts';

/**
 * The page blob that holds the digests of a replica: 16 bytes for each tracking block, block 0 first, nothing else. 512
 * bytes at a time can be written, so scattered updates gather in windows of 64 KiB (128 MiB of the disk) that are read
 * once, changed in memory, and leave as one write of their changed part. Memory is bounded whatever the disk's size.
 */
const windowBytes = 64 * 1024;
const mostWindows = 16;

export const digestBlobBytes = (sizeBytes: number): number =>
  Math.ceil((blockCount(sizeBytes) * digestBytes) / sectorBytes) * sectorBytes;

interface Window {
  readonly bytes: Buffer;
  /** The part that differs from the blob. */
  from: number;
  to: number;
}

export class DigestWindows {
  readonly #pages: LeasedPages;
  readonly #upload: PageUpload;
  readonly #blobBytes: number;
  /** Windows that the blob may hold something in; null when that is any. */
  readonly #written: Set<number> | null;
  readonly #windows = new Map<number, Window>();
  /** One thing at a time: two writes of one range must not overtake each other. */
  #queue: Promise<void> = Promise.resolve();

  /** `fresh`: the blob holds zeros throughout. */
  constructor(pages: LeasedPages, sizeBytes: number, fresh: boolean, flow: UploadFlow) {
    this.#pages = pages;
    this.#upload = new PageUpload(pages, { ...flow, threads: 1 });
    this.#blobBytes = digestBlobBytes(sizeBytes);
    this.#written = fresh ? new Set() : null;
  }

  write(firstBlock: number, digests: Uint8Array): Promise<void> {
    // The caller may reuse its memory once this resolves, and a full window waits for the network.
    return this.#exclusively(async () => {
      for (let at = 0; at < digests.length; ) {
        const offset = firstBlock * digestBytes + at;
        const index = Math.floor(offset / windowBytes);
        const inside = offset % windowBytes;
        const length = Math.min(windowBytes - inside, digests.length - at);
        const window = this.#windows.get(index) ?? (await this.#admit(index));
        window.bytes.set(digests.subarray(at, at + length), inside);
        window.from = Math.min(window.from, inside);
        window.to = Math.max(window.to, inside + length);
        at += length;
      }
    });
  }

  /** Everything written so far is in the blob when this resolves. */
  flush(): Promise<void> {
    return this.#exclusively(async () => {
      for (const [index, window] of this.#windows) await this.#writeBack(index, window);
    });
  }

  /** Makes the blob end with `block`: what it holds from there on is zeros. */
  async truncate(block: number): Promise<void> {
    const offset = block * digestBytes;
    const { client, leaseId } = this.#pages;
    const from = Math.ceil(offset / sectorBytes) * sectorBytes;
    if (from < this.#blobBytes) {
      await atAzure(publicUrl(client.url), () =>
        client.clearPages(from, this.#blobBytes - from, { conditions: { leaseId } }),
      );
    }
    if (from > offset) await this.write(block, new Uint8Array(from - offset));
    await this.flush();
  }

  async #admit(index: number): Promise<Window> {
    for (const [oldest, window] of this.#windows) {
      if (this.#windows.size < mostWindows) break;
      await this.#writeBack(oldest, window);
      this.#windows.delete(oldest);
    }
    const bytes = Buffer.alloc(Math.min(windowBytes, this.#blobBytes - index * windowBytes));
    if (this.#written?.has(index) !== false) {
      const { client } = this.#pages;
      await atAzure(publicUrl(client.url), () => readPages(client, bytes, index * windowBytes));
    }
    const window = { bytes, from: bytes.length, to: 0 };
    this.#windows.set(index, window);
    return window;
  }

  async #writeBack(index: number, window: Window): Promise<void> {
    if (window.to <= window.from) return;
    const from = Math.floor(window.from / sectorBytes) * sectorBytes;
    const to = Math.ceil(window.to / sectorBytes) * sectorBytes;
    const part = window.bytes.subarray(from, to);
    const offset = index * windowBytes + from;
    const done = () => undefined;
    if (isZero(part)) await this.#upload.clear(offset, part.length, done);
    else await this.#upload.write(offset, [part], done);
    await this.#upload.drain();
    this.#written?.add(index);
    window.from = window.bytes.length;
    window.to = 0;
  }

  #exclusively(work: () => Promise<void>): Promise<void> {
    const result = this.#queue.then(work);
    this.#queue = result.catch(() => undefined);
    return result;
  }
}
