import type { FileContent } from './fat-volume.ts';
import { type Random, seededRandom } from './random.ts';

/**
 * What sample files hold. Each 4 KiB page is made from the file's seed and the page's number alone, so that any part of
 * a file can be made at any time.
 */
const pageBytes = 4096;

const byPage =
  (seed: number, fill: (page: Uint8Array, number: number, random: Random) => void): FileContent =>
  (target, offset) => {
    for (let at = 0; at < target.length; at += pageBytes) {
      const number = (offset + at) / pageBytes;
      fill(target.subarray(at, at + pageBytes), number, seededRandom(seed, number));
    }
  };

/** Programs, pictures and whatever is packed already: random bytes behind the signature of the file's kind. */
export const packedContent = (seed: number, signature: string): FileContent =>
  byPage(seed, (page, number, random) => {
    random.fill(page);
    if (number === 0) page.set(Buffer.from(signature, 'latin1').subarray(0, page.length));
  });

/** Database pages of 8 KiB: a header with page number and log position, rows, and free space at the end. */
export const databaseContent = (seed: number): FileContent =>
  byPage(seed, (page, number, random) => {
    if (number % 2 === 1) {
      random.fill(page.subarray(0, 3 * 1024));
      return;
    }
    random.fill(page);
    const header = Buffer.from(page.buffer, page.byteOffset, page.length).subarray(0, 96);
    header.fill(0);
    header.writeUInt8(1, 0);
    header.writeUInt32LE(number / 2, 32);
    header.writeUInt32LE(random.next(), 40);
  });

/** Log of a web server, one request a line. */
export const webLogContent = (seed: number): FileContent =>
  byPage(seed, (page, number, random) => {
    fillWithLines(page, (line) => {
      const second = number * 40 + line;
      const clock = [second / 3600, second / 60, second].map((part) =>
        String(Math.floor(part) % 60).padStart(2, '0'),
      );
      const path = random.pick([
        '/',
        '/catalog',
        '/catalog/item',
        '/cart',
        '/api/v1/orders',
        '/images/logo.png',
      ]);
      const status = random.pick([200, 200, 200, 200, 304, 404, 500]);
      return `2025-11-03 ${clock.join(':')} 10.0.4.12 GET ${path} id=${random.below(90_000)} 443 - 10.0.${random.below(16)}.${random.below(255)} ${status} ${random.below(900)}\r\n`;
    });
  });

const words =
  'invoice order customer delivery region quarter total payment reminder contract supplier stock return discount tax account manager approved pending shipped cancelled'.split(
    ' ',
  );

/** Plain text: notes, configuration, tables. */
export const textContent = (seed: number): FileContent =>
  byPage(seed, (page, _number, random) => {
    fillWithLines(page, () => {
      const count = 6 + random.below(8);
      const line = Array.from({ length: count }, () => random.pick(words)).join(' ');
      return `${line};${random.below(100_000)}\r\n`;
    });
  });

/** Lines until the page is full; the last one is cut off. */
const fillWithLines = (page: Uint8Array, line: (index: number) => string): void => {
  const bytes = Buffer.from(page.buffer, page.byteOffset, page.length);
  for (let at = 0, index = 0; at < page.length; index++)
    at += bytes.write(line(index), at, 'latin1') || page.length;
};
