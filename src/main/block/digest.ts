import { blake3 } from '@napi-rs/blake-hash';

/** Bytes of a block digest: BLAKE3 cut to 128 bits. */
export const digestBytes = 16;

/** The digest that stands for a block of zeros; no block hashes to it in practice. */
export const zeroDigest: Uint8Array = new Uint8Array(digestBytes);

const zeros = Buffer.alloc(1024 * 1024);

export const isZero = (bytes: Uint8Array): boolean => {
  const view = asBuffer(bytes);
  for (let at = 0; at < view.length; at += zeros.length) {
    const part = view.subarray(at, at + zeros.length);
    if (!part.equals(part.length === zeros.length ? zeros : zeros.subarray(0, part.length))) return false;
  }
  return true;
};

/** A `Buffer` over the same memory, without a copy. */
export const asBuffer = (bytes: Uint8Array): Buffer =>
  Buffer.isBuffer(bytes) ? bytes : Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);

/** Writes the digest of `block` into `target` at `at`; returns whether the block is all zeros. */
export const writeDigest = (block: Uint8Array, target: Uint8Array, at: number): boolean => {
  if (isZero(block)) {
    target.fill(0, at, at + digestBytes);
    return true;
  }
  target.set(blake3(asBuffer(block)).subarray(0, digestBytes), at);
  return false;
};

export const digestOf = (block: Uint8Array): Uint8Array => {
  const digest = new Uint8Array(digestBytes);
  writeDigest(block, digest, 0);
  return digest;
};
