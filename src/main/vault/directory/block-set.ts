const segmentBlocks = 1 << 19;

/** A set of block numbers as a bitmap in segments of 64 KiB that appear when first needed: 16 MiB for all of 4 TiB. */
export class BlockSet {
  readonly #segments = new Map<number, Uint8Array>();

  has(block: number): boolean {
    const segment = this.#segments.get(Math.floor(block / segmentBlocks));
    if (segment === undefined) return false;
    const bit = block % segmentBlocks;
    return (segment[bit >> 3]! & (1 << (bit & 7))) !== 0;
  }

  add(block: number): void {
    const number = Math.floor(block / segmentBlocks);
    let segment = this.#segments.get(number);
    if (segment === undefined) {
      segment = new Uint8Array(segmentBlocks / 8);
      this.#segments.set(number, segment);
    }
    const bit = block % segmentBlocks;
    segment[bit >> 3]! |= 1 << (bit & 7);
  }
}
