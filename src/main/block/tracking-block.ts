/**
 * The tracking block: the unit in which changes are found, logged, sent and compared.
 *
 * A virtual disk of `sizeBytes` is cut into blocks of 32 KiB, the last one possibly shorter; a block is cut into up to
 * eight pages of 4 KiB, so one byte (the *page mask*, bit i = page i) says which part of a block a log record holds.
 * 32 KiB with a 16-byte digest keeps the digest table at 1/2,048 of the disk.
 */
export const trackingBlockBytes = 32 * 1024;
export const pageBytes = 4 * 1024;
export const pagesPerBlock = trackingBlockBytes / pageBytes;

export const blockCount = (sizeBytes: number): number => Math.ceil(sizeBytes / trackingBlockBytes);

/** Bytes in block `block`: 32 KiB, or what is left of the disk for the last one. */
export const blockLength = (sizeBytes: number, block: number): number =>
  Math.min(trackingBlockBytes, sizeBytes - block * trackingBlockBytes);

/** The mask with a bit for every page that a block of `length` bytes has. */
export const fullPageMask = (length: number): number => (1 << Math.ceil(length / pageBytes)) - 1;

/** The page ranges of `mask` within a block of `length` bytes, neighbouring pages merged; offsets from the block's start. */
export function* pageRanges(mask: number, length: number): Generator<{ offset: number; length: number }> {
  for (let page = 0; page < pagesPerBlock; ) {
    if ((mask & (1 << page)) === 0) {
      page += 1;
      continue;
    }
    const first = page;
    while (page < pagesPerBlock && (mask & (1 << page)) !== 0) page += 1;
    const offset = first * pageBytes;
    yield { offset, length: Math.min(page * pageBytes, length) - offset };
  }
}

/** Bytes that the pages of `mask` have in a block of `length` bytes. */
export const maskedLength = (mask: number, length: number): number => {
  let total = 0;
  for (const range of pageRanges(mask, length)) total += range.length;
  return total;
};

/** What became of one block: the pages of `mask`, one after the other, or zeros throughout. */
export interface BlockChange {
  readonly block: number;
  /** 0 when the whole block is zeros; then `data` is empty. */
  readonly pageMask: number;
  readonly data: Uint8Array;
  /** Digest of the whole block after the change, 16 bytes (all zero for a zero block). */
  readonly digest: Uint8Array;
}
