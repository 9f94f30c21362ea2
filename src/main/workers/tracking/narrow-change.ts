import {
  type BlockChange,
  fullPageMask,
  maskedLength,
  pageBytes,
  pageRanges,
} from '../../block/tracking-block.ts';

/**
 * A changed block as a log record: only the 4 KiB pages that differ from `previous`, or all of them where the previous
 * content is not at hand. `digest` is that of the whole block `data`.
 */
export const narrowChange = (
  block: number,
  data: Buffer,
  digest: Uint8Array,
  previous: Buffer | null,
): BlockChange => {
  const all = fullPageMask(data.length);
  const pageMask = previous === null ? all : differingPages(data, previous);
  // A block whose pages all agree was changed back since: log it whole, so that the digest stays accounted for.
  if (pageMask === all || pageMask === 0) return { block, pageMask: all, data, digest };
  return { block, pageMask, data: gatherPages(data, pageMask), digest };
};

/** The mask of pages in which two blocks of one length differ. */
export const differingPages = (a: Buffer, b: Buffer): number => {
  let mask = 0;
  for (let page = 0, at = 0; at < a.length; page += 1, at += pageBytes) {
    const end = Math.min(at + pageBytes, a.length);
    if (a.compare(b, at, end, at, end) !== 0) mask |= 1 << page;
  }
  return mask;
};

const gatherPages = (data: Buffer, pageMask: number): Buffer => {
  const gathered = Buffer.allocUnsafe(maskedLength(pageMask, data.length));
  let at = 0;
  for (const { offset, length } of pageRanges(pageMask, data.length)) {
    data.copy(gathered, at, offset, offset + length);
    at += length;
  }
  return gathered;
};
