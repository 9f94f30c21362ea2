const segmentBits = 1 << 19;
const mostSegments = 512;

/** A set of small numbers, one bit each, in segments of 64 KiB that exist where something was added. */
export class SparseBits {
  readonly #segments = new Map<number, Uint8Array>();

  /**
   * Adds `value`, unless that would take more than 32 MiB: the set may then lack numbers, which its user must bear.
   */
  add(value: number): void {
    const segmentIndex = Math.floor(value / segmentBits);
    let segment = this.#segments.get(segmentIndex);
    if (segment === undefined) {
      if (this.#segments.size >= mostSegments) return;
      segment = new Uint8Array(segmentBits / 8);
      this.#segments.set(segmentIndex, segment);
    }
    const bit = value % segmentBits;
    segment[bit >>> 3] = segment[bit >>> 3]! | (1 << (bit & 7));
  }

  has(value: number): boolean {
    const segment = this.#segments.get(Math.floor(value / segmentBits));
    if (segment === undefined) return false;
    const bit = value % segmentBits;
    return (segment[bit >>> 3]! & (1 << (bit & 7))) !== 0;
  }
}
