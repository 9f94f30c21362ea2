import { inGrantedPieces, type WritePacer } from '../pacing/write-pacer.ts';
import { publicUrl } from './azure-client.ts';
import { azureError } from './azure-errors.ts';
import type { BlobPacer } from './blob-pacer.ts';
import { sectorBytes } from './page-limits.ts';
import { type LeasedPages, PageWriter } from './page-writer.ts';
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
  write(offset: number, data: Buffer, done: () => void): Promise<void> {
    return this.#start(() => this.#writeInPieces(data, offset), offset, done);
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
  #writeInPieces(data: Buffer, offset: number): Promise<void> {
    return inGrantedPieces(this.#pacer, data.length, sectorBytes, async (at, length) => {
      await this.#blobPacer.admit(length);
      await this.#writer.write(data.subarray(at, at + length), offset + at);
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
