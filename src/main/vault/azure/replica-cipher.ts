import { createCipheriv, createDecipheriv, hkdfSync } from 'node:crypto';
import { digestBytes, isZero } from '../../block/digest.ts';
import { Xts, xtsKeyBytes, xtsSectorBytes } from './xts.ts';

/**
 * Between what a disk holds and what the account holds of it. Offsets are those of the disk; parts are whole sectors.
 *
 * Zeros are kept as zeros, so that a hole stays one: a sector of zeros at the account stands for zeros, and no other
 * sector is ever encrypted to zeros in practice (one in 2^4096).
 */
export interface ReplicaCipher {
  readonly isPlain: boolean;
  /** Copies `source` into `target` as the account is to hold it. */
  encrypt(target: Uint8Array, source: Uint8Array, offset: number): void;
  /** Turns what came from the account into what the disk holds. */
  decrypt(bytes: Buffer, offset: number): void;
  /** Digests of the disk's blocks, as the account is to hold them. */
  encryptDigests(digests: Uint8Array, firstBlock: number): Uint8Array;
  decryptDigests(digests: Buffer, firstBlock: number): void;
}

export const plainCipher: ReplicaCipher = {
  isPlain: true,
  encrypt: (target, source) => target.set(source),
  decrypt: () => {},
  encryptDigests: (digests) => digests,
  decryptDigests: () => {},
};

/**
 * A replica's own keys, made of the vault's key and the blob's name: equal disks do not look equal. Data are AES-256-XTS,
 * the tweak is the sector's number; a digest is one AES block, encrypted the same way under the block's number, so that
 * the account learns nothing about the content from it either.
 */
export const replicaCipher = (vaultKey: Uint8Array, blobName: string): ReplicaCipher => {
  const derived = Buffer.from(hkdfSync('sha256', vaultKey, '', `hvrc replica ${blobName}`, 2 * xtsKeyBytes));
  const data = new Xts(derived.subarray(0, xtsKeyBytes));
  const digests = new DigestCipher(derived.subarray(xtsKeyBytes));
  return {
    isPlain: false,
    encrypt: (target, source, offset) => data.encrypt(target, source, offset / xtsSectorBytes),
    decrypt: (bytes, offset) => decryptBetweenZeros(data, bytes, offset / xtsSectorBytes),
    encryptDigests: (plain, firstBlock) => digests.encrypt(plain, firstBlock),
    decryptDigests: (bytes, firstBlock) => digests.decrypt(bytes, firstBlock),
  };
};

const decryptBetweenZeros = (xts: Xts, bytes: Buffer, firstSector: number): void => {
  for (let from = 0; from < bytes.length; ) {
    const zero = isZero(bytes.subarray(from, from + xtsSectorBytes));
    let to = from + xtsSectorBytes;
    while (to < bytes.length && isZero(bytes.subarray(to, to + xtsSectorBytes)) === zero)
      to += xtsSectorBytes;
    const run = bytes.subarray(from, to);
    if (!zero) xts.decrypt(run, run, firstSector + from / xtsSectorBytes);
    from = to;
  }
};

/** XTS with units of one AES block. A digest of zeros stands for a block of zeros, and stays. */
class DigestCipher {
  readonly #data: Uint8Array;
  readonly #tweak: Uint8Array;

  constructor(key: Uint8Array) {
    this.#data = key.subarray(0, 32);
    this.#tweak = key.subarray(32);
  }

  encrypt(digests: Uint8Array, firstBlock: number): Uint8Array {
    const bytes = Buffer.from(digests);
    const cipher = createCipheriv('aes-256-ecb', this.#data, null).setAutoPadding(false);
    this.#pass(bytes, firstBlock, (masked) => cipher.update(masked));
    return bytes;
  }

  decrypt(bytes: Buffer, firstBlock: number): void {
    const cipher = createDecipheriv('aes-256-ecb', this.#data, null).setAutoPadding(false);
    this.#pass(bytes, firstBlock, (masked) => cipher.update(masked));
  }

  #pass(bytes: Buffer, firstBlock: number, aes: (masked: Buffer) => Buffer): void {
    const masks = this.#masks(bytes.length / digestBytes, firstBlock);
    const out = xor(aes(xor(bytes, masks)), masks);
    for (let at = 0; at < bytes.length; at += digestBytes) {
      const digest = bytes.subarray(at, at + digestBytes);
      if (!isZero(digest)) out.copy(digest, 0, at);
    }
  }

  #masks(count: number, firstBlock: number): Buffer {
    const numbers = Buffer.alloc(count * digestBytes);
    for (let index = 0; index < count; index += 1) {
      numbers.writeBigUInt64LE(BigInt(firstBlock + index), index * digestBytes);
    }
    return createCipheriv('aes-256-ecb', this.#tweak, null).setAutoPadding(false).update(numbers);
  }
}

const xor = (bytes: Buffer, mask: Buffer): Buffer => {
  const out = Buffer.allocUnsafe(bytes.length);
  for (let at = 0; at < out.length; at += 1) out[at] = bytes[at]! ^ mask[at]!;
  return out;
};
