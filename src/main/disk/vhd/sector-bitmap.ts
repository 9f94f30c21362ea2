/** A VHD block's sector bitmap: bit 7 of byte 0 is sector 0 (most significant first). */
export type SectorBitmap = Uint8Array | 'full' | 'empty';

/** Bytes a bitmap takes in the file: a bit per 512-byte sector, padded to whole sectors. */
export const bitmapBytes = (blockBytes: number): number => Math.ceil(blockBytes / 512 / 8 / 512) * 512;

/** A run of sectors that are all present or all absent. */
export interface SectorRun {
  readonly first: number;
  readonly count: number;
  readonly present: boolean;
}

/** Keeps no copy of the bitmaps that say nothing: nearly all of them. */
export const compactBitmap = (bitmap: Uint8Array, sectors: number): SectorBitmap => {
  const { value: first } = sectorRuns(bitmap, 0, sectors).next();
  if (first === undefined || first.count !== sectors) return bitmap;
  return first.present ? 'full' : 'empty';
};

/** Splits sectors [first, end) of a block into runs, in order. */
export function* sectorRuns(
  bitmap: SectorBitmap,
  first: number,
  end: number,
): Generator<SectorRun, undefined> {
  if (typeof bitmap === 'string') {
    if (first < end) yield { first, count: end - first, present: bitmap === 'full' };
    return;
  }
  for (let at = first; at < end; ) {
    const present = isPresent(bitmap, at);
    const wholeByte = present ? 0xff : 0x00;
    let next = at + 1;
    while (next < end) {
      if (next % 8 === 0 && next + 8 <= end && bitmap[next >>> 3] === wholeByte) next += 8;
      else if (isPresent(bitmap, next) === present) next += 1;
      else break;
    }
    yield { first: at, count: next - at, present };
    at = next;
  }
}

const isPresent = (bitmap: Uint8Array, sector: number): boolean =>
  (bitmap[sector >>> 3]! & (0x80 >>> (sector & 7))) !== 0;
