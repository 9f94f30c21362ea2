import {
  type BlockChange,
  blockLength,
  pageBytes,
  pageRanges,
  trackingBlockBytes,
} from '../../block/tracking-block.ts';
import { mostWriteBytes } from './page-limits.ts';

/** One request to a page blob. */
export type PageRequest =
  | {
      readonly kind: 'write';
      readonly offset: number;
      readonly length: number;
      readonly parts: readonly Uint8Array[];
    }
  | { readonly kind: 'clear'; readonly offset: number; readonly length: number };

/** What becomes of one page: its bytes, or null where it is cleared. */
type Page = Uint8Array | null;

/**
 * The fewest requests that make `changes` true, ascending, none overlapping another:
 *
 * | neighbouring pages               | become                                              |
 * |----------------------------------|-----------------------------------------------------|
 * | written, of one or more blocks   | one write, up to 4 MiB                              |
 * | cleared                          | one clear, however long                             |
 * | unchanged between changed ones   | a gap: what they hold is not known here, so nothing is sent for them |
 *
 * Of several changes to one page the last counts. `data` of the changes is referred to, not copied.
 */
export const planPageRequests = (changes: readonly BlockChange[], sizeBytes: number): PageRequest[] => {
  const requests: PageRequest[] = [];
  for (const { offset, length, page } of netPages(changes, sizeBytes)) {
    const last = requests.at(-1);
    const follows = last !== undefined && last.offset + last.length === offset;
    if (follows && last.kind === 'clear' && page === null) {
      requests[requests.length - 1] = { ...last, length: last.length + length };
    } else if (follows && last.kind === 'write' && page !== null && last.length + length <= mostWriteBytes) {
      (last.parts as Uint8Array[]).push(page);
      requests[requests.length - 1] = { ...last, length: last.length + length };
    } else {
      requests.push(
        page === null ? { kind: 'clear', offset, length } : { kind: 'write', offset, length, parts: [page] },
      );
    }
  }
  return requests;
};

function* netPages(
  changes: readonly BlockChange[],
  sizeBytes: number,
): Generator<{ offset: number; length: number; page: Page }> {
  const blocks = new Map<number, Map<number, Page>>();
  for (const { block, pageMask, data } of changes) {
    const pages = blocks.get(block) ?? new Map<number, Page>();
    blocks.set(block, pages);
    const length = blockLength(sizeBytes, block);
    if (pageMask === 0) for (let at = 0; at < length; at += pageBytes) pages.set(at, null);
    let from = 0;
    for (const range of pageRanges(pageMask, length)) {
      for (let at = range.offset; at < range.offset + range.length; at += pageBytes) {
        const bytes = Math.min(pageBytes, range.offset + range.length - at);
        pages.set(at, data.subarray(from, from + bytes));
        from += bytes;
      }
    }
  }
  for (const [block, pages] of [...blocks].sort(([a], [b]) => a - b)) {
    const length = blockLength(sizeBytes, block);
    for (const [at, page] of [...pages].sort(([a], [b]) => a - b)) {
      yield { offset: block * trackingBlockBytes + at, length: Math.min(pageBytes, length - at), page };
    }
  }
}
