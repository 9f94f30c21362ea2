import { trackingBlockBytes } from '../../block/tracking-block.ts';
import { inGrantedPieces, type WritePacer } from '../pacing/write-pacer.ts';
import { publicUrl } from './azure-client.ts';
import { azureError } from './azure-errors.ts';
import type { BlobPacer } from './blob-pacer.ts';
import { sectorBytes } from './page-limits.ts';
import { type LeasedPages, PageWriter } from './page-writer.ts';
import { bytesOf, cutPieces, joinPieces, type Pieces } from './pieces.ts';
import { readPages } from './read-pages.ts';
import { RequestWindow } from './request-window.ts';

/** How fast pages may be sent. */
export interface UploadFlow {
  /** Requests in flight. */
  readonly threads: number;
  /** The bandwidth limit that all uploads share. */
  readonly pacer: WritePacer;
  /** A pacer for one blob more. */
  readonly blobPacer: () => BlobPacer;
}

/** Writes and clears pages of one blob, several requests in flight. */
export class PageUpload {
  readonly #pages: LeasedPages;
  readonly #writer: PageWriter;
  readonly #window: RequestWindow;
  readonly #pacer: WritePacer;
  readonly #blobPacer: BlobPacer;

  constructor(pages: LeasedPages, { threads, pacer, blobPacer }: UploadFlow) {
    this.#pages = pages;
    this.#writer = new PageWriter(pages);
    this.#window = new RequestWindow(threads);
    this.#pacer = pacer;
    this.#blobPacer = blobPacer();
  }

  /** `data` must stay as it is until the request is done; `done` is called then, whatever came of it. */
  write(offset: number, data: Pieces, done: () => void): Promise<void> {
    return this.#start(() => this.#writeGranted(data, offset), offset, done);
  }

  /**
   * As `write`, where an interrupted run may have written: what is there is read back, and only blocks that differ are sent.
   */
  complete(offset: number, pieces: Pieces, done: () => void): Promise<void> {
    const request = async () => {
      const data = joinPieces(pieces);
      await this.#blobPacer.admit(data.length);
      const held = Buffer.allocUnsafeSlow(data.length);
      await readPages(this.#pages.client, held, offset);
      for (const { from, to } of differingRuns(data, held)) {
        await this.#writeGranted([data.subarray(from, to)], offset + from);
      }
    };
    return this.#start(request, offset, done);
  }

  clear(offset: number, length: number, done: () => void): Promise<void> {
    const { client, leaseId } = this.#pages;
    const request = async () => {
      await this.#blobPacer.admit(0);
      await client.clearPages(offset, length, { conditions: { leaseId } });
    };
    return this.#start(request, offset, done);
  }

  drain(): Promise<void> {
    return this.#window.drain();
  }

  settle(): Promise<boolean> {
    return this.#window.settle();
  }

  /** Without a bandwidth limit it is one request. */
  #writeGranted(data: Pieces, offset: number): Promise<void> {
    return inGrantedPieces(this.#pacer, bytesOf(data), sectorBytes, async (at, length) => {
      await this.#blobPacer.admit(length);
      await this.#writer.write(cutPieces(data, at, at + length), offset + at);
    });
  }

  #start(request: () => Promise<unknown>, offset: number, done: () => void): Promise<void> {
    return this.#window.start(async () => {
      try {
        await request();
      } catch (thrown) {
        throw azureError(thrown, `${publicUrl(this.#pages.client.url)} at ${offset}`);
      } finally {
        done();
      }
    });
  }
}

/** Runs of blocks in which `wanted` is something else than `held`. */
function* differingRuns(
  wanted: Buffer,
  held: Buffer,
): Generator<{ readonly from: number; readonly to: number }> {
  let from = 0;
  for (let at = 0; at <= wanted.length; at += trackingBlockBytes) {
    const end = at + trackingBlockBytes;
    if (at < wanted.length && !wanted.subarray(at, end).equals(held.subarray(at, end))) continue;
    if (at > from) yield { from, to: Math.min(at, wanted.length) };
    from = end;
  }
  if (from < wanted.length) yield { from, to: wanted.length };
}
