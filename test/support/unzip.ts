import type { EventEmitter } from 'node:events';
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import type { Readable } from 'node:stream';
import { text } from 'node:stream/consumers';

interface Entry {
  readonly fileName: string;
}
interface Archive extends EventEmitter {
  readEntry(): void;
  openReadStream(entry: Entry, done: (error: Error | null, stream: Readable) => void): void;
}
/** yauzl comes without types; this is what of it is used. */
interface Yauzl {
  fromBuffer(
    bytes: Buffer,
    options: { readonly lazyEntries: boolean },
    done: (error: Error | null, archive: Archive) => void,
  ): void;
}
const yauzl = createRequire(import.meta.url)('yauzl') as Yauzl;

/** Every file of a zip as text, by name; its checksums are checked. */
export const unzip = (path: string): Promise<Record<string, string>> =>
  new Promise((resolve, reject) => {
    yauzl.fromBuffer(readFileSync(path), { lazyEntries: true }, (error, archive) => {
      if (error !== null) return reject(error);
      const files: Record<string, string> = {};
      archive.on('error', reject);
      archive.on('end', () => resolve(files));
      archive.on('entry', (entry: Entry) => {
        archive.openReadStream(entry, (failure, stream) => {
          if (failure !== null) return reject(failure);
          text(stream).then((content) => {
            files[entry.fileName] = content;
            archive.readEntry();
          }, reject);
        });
      });
      archive.readEntry();
    });
  });
