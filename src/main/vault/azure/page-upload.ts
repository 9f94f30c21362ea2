import { publicUrl } from './azure-client.ts';
import { azureError } from './azure-errors.ts';
import { type LeasedPages, PageWriter } from './page-writer.ts';
import { RequestWindow } from './request-window.ts';

/** Writes and clears pages of one blob, several requests in flight. */
export class PageUpload {
  readonly #pages: LeasedPages;
  readonly #writer: PageWriter;
  readonly #window: RequestWindow;

  constructor(pages: LeasedPages, threads: number) {
    this.#pages = pages;
    this.#writer = new PageWriter(pages);
    this.#window = new RequestWindow(threads);
  }

  /** `data` must stay as it is until the request is done; `done` is called then, whatever came of it. */
  write(offset: number, data: Buffer, done: () => void): Promise<void> {
    return this.#start(() => this.#writer.write(data, offset), offset, done);
  }

  clear(offset: number, length: number, done: () => void): Promise<void> {
    const { client, leaseId } = this.#pages;
    return this.#start(() => client.clearPages(offset, length, { conditions: { leaseId } }), offset, done);
  }

  drain(): Promise<void> {
    return this.#window.drain();
  }

  settle(): Promise<boolean> {
    return this.#window.settle();
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
