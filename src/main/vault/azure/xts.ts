import { type Cipheriv, createCipheriv, createDecipheriv, type Decipheriv } from 'node:crypto';
import { compileLoop, i32, i64, op } from './wasm-loop.ts';

/** Bytes of the unit that is encrypted on its own, the disk's sector. */
export const xtsSectorBytes = 512;
export const xtsKeyBytes = 64;
const aesBlockBytes = 16;
/** What is done at a time; small enough to stay in a core's cache. */
const chunkBytes = 64 * 1024;
const chunkSectors = chunkBytes / xtsSectorBytes;
const tweakOffset = chunkBytes;

/**
 * AES-256-XTS (IEEE 1619), each sector of 512 bytes under its number as the tweak: what `aes-256-xts` of node:crypto does
 * with one cipher object a sector, at many times its speed. AES itself runs over whole chunks (ECB, node:crypto); the masks
 * before and after it come from a loop of WebAssembly.
 */
export class Xts {
  readonly #encrypt: Cipheriv;
  readonly #decrypt: Decipheriv;
  readonly #tweak: Cipheriv;
  readonly #numbers = Buffer.alloc(chunkSectors * aesBlockBytes);

  /** `key`: first half for the data, second half for the tweaks. */
  constructor(key: Uint8Array) {
    if (key.length !== xtsKeyBytes) throw new RangeError(`An XTS key has ${xtsKeyBytes} bytes`);
    const [data, tweak] = [key.subarray(0, 32), key.subarray(32)];
    this.#encrypt = createCipheriv('aes-256-ecb', data, null).setAutoPadding(false);
    this.#decrypt = createDecipheriv('aes-256-ecb', data, null).setAutoPadding(false);
    this.#tweak = createCipheriv('aes-256-ecb', tweak, null).setAutoPadding(false);
  }

  /** Whole sectors from `source` into `target`, which may be the same memory. */
  encrypt(target: Uint8Array, source: Uint8Array, firstSector: number): void {
    this.#pass(this.#encrypt, target, source, firstSector);
  }

  decrypt(target: Uint8Array, source: Uint8Array, firstSector: number): void {
    this.#pass(this.#decrypt, target, source, firstSector);
  }

  #pass(cipher: Cipheriv | Decipheriv, target: Uint8Array, source: Uint8Array, firstSector: number): void {
    if (source.length % xtsSectorBytes !== 0) throw new RangeError('XTS takes whole sectors');
    for (let at = 0; at < source.length; at += chunkBytes) {
      const part = source.subarray(at, at + chunkBytes);
      const sectors = part.length / xtsSectorBytes;
      const work = masks.memory.subarray(0, part.length);
      const tweaks = this.#tweaks(firstSector + at / xtsSectorBytes, sectors);
      work.set(part);
      masks.memory.set(tweaks, tweakOffset);
      masks.apply(sectors);
      work.set(cipher.update(work));
      masks.apply(sectors);
      target.set(work, at);
    }
  }

  #tweaks(firstSector: number, sectors: number): Buffer {
    const numbers = this.#numbers.subarray(0, sectors * aesBlockBytes);
    for (let index = 0; index < sectors; index += 1) {
      numbers.writeBigUInt64LE(BigInt(firstSector + index), index * aesBlockBytes);
    }
    return this.#tweak.update(numbers);
  }
}

/** `run(sectors: i32)`: XORs each AES block of the chunk with its sector's tweak times α to the power of its number. */
const maskCode = (): number[] => {
  const [sectors, at, tweak, low, high, carry, end] = [0, 1, 2, 3, 4, 5, 6];
  const xorAt = (offset: number, mask: number) => [
    ...[...op.get(at), ...op.get(at), ...op.loadLong(offset), ...op.get(mask), ...op.xorLong],
    ...op.storeLong(offset),
  ];
  /** Doubling in GF(2^128): what falls out at the top comes back as 0x87 at the bottom. */
  const double = [
    ...[...op.get(high), ...op.long(63), ...op.shiftRightSignedLong, ...op.long(0x87), ...op.andLong],
    ...op.set(carry),
    ...[...op.get(high), ...op.long(1), ...op.shiftLeftLong],
    ...[...op.get(low), ...op.long(63), ...op.shiftRightLong, ...op.orLong, ...op.set(high)],
    ...[...op.get(low), ...op.long(1), ...op.shiftLeftLong, ...op.get(carry), ...op.xorLong, ...op.set(low)],
  ];
  const advance = (local: number, bytes: number) => [
    ...[...op.get(local), ...op.int(bytes), ...op.addInt, ...op.set(local)],
  ];
  return [
    ...op.block,
    ...op.loop,
    ...[...op.get(sectors), ...op.isZeroInt, ...op.branchIf(1)],
    ...[...op.get(tweak), ...op.loadLong(tweakOffset), ...op.set(low)],
    ...[...op.get(tweak), ...op.loadLong(tweakOffset + 8), ...op.set(high)],
    ...[...op.get(at), ...op.int(xtsSectorBytes), ...op.addInt, ...op.set(end)],
    ...op.loop,
    ...xorAt(0, low),
    ...xorAt(8, high),
    ...double,
    ...advance(at, aesBlockBytes),
    ...[...op.get(at), ...op.get(end), ...op.lessUnsigned, ...op.branchIf(0)],
    ...op.end,
    ...advance(tweak, aesBlockBytes),
    ...[...op.get(sectors), ...op.int(1), ...op.subtractInt, ...op.set(sectors)],
    ...op.branch(0),
    ...op.end,
    ...op.end,
    ...op.end,
  ];
};

const makeMasks = () => {
  const { run, memory } = compileLoop(
    { params: [i32], result: null, locals: [i32, i32, i64, i64, i64, i32], code: maskCode() },
    tweakOffset + chunkSectors * aesBlockBytes,
  );
  return { memory: new Uint8Array(memory), apply: run as (sectors: number) => void };
};

const masks = makeMasks();
