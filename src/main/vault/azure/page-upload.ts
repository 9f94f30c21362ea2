import { createHash } from 'node:crypto';
import type { PageBlobClient } from '@azure/storage-blob';
import { publicUrl } from './azure-client.ts';
import { azureError } from './azure-errors.ts';
import { RequestWindow } from './request-window.ts';

/** A page blob that this installation writes, and the lease that keeps every other writer out. */
export interface LeasedPages {
  readonly client: PageBlobClient;
  readonly leaseId: string;
}

/** Writes and clears pages of one blob, several requests in flight. */
export class PageUpload {
  readonly #client: PageBlobClient;
  readonly #conditions: { readonly leaseId: string };
  readonly #window: RequestWindow;

  constructor({ client, leaseId }: LeasedPages, threads: number) {
    this.#client = client;
    this.#conditions = { leaseId };
    this.#window = new RequestWindow(threads);
  }

  /** `data` must stay as it is until the request is done; `done` is called then, whatever came of it. */
  write(offset: number, data: Buffer, done: () => void): Promise<void> {
    return this.#start(() => writePages(this.#client, data, offset, this.#conditions), offset, done);
  }

  clear(offset: number, length: number, done: () => void): Promise<void> {
    return this.#start(
      () => this.#client.clearPages(offset, length, { conditions: this.#conditions }),
      offset,
      done,
    );
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
        throw azureError(thrown, `${publicUrl(this.#client.url)} at ${offset}`);
      } finally {
        done();
      }
    });
  }
}

/** One write with the checksum that the service compares. */
export const writePages = (
  client: PageBlobClient,
  data: Buffer,
  offset: number,
  conditions: { readonly leaseId: string },
) =>
  client.uploadPages(data, offset, data.length, {
    conditions,
    transactionalContentMD5: createHash('md5').update(data).digest(),
  });
