import { compileLoop, i32, i64, op } from './wasm-loop.ts';

/**
 * CRC-64 as Azure Storage defines it (`x-ms-content-crc64`): reflected polynomial 9A6C9329AC4BC9B5, started and ended with
 * all ones, its eight bytes little-endian. It is the CRC-64/NVME: 123456789 gives AE8B14860A799888.
 *
 * JavaScript has no 64-bit integers that are fast, so the loop is a small WebAssembly module: sixteen bytes a step, each
 * looked up in a table of its own ("slicing"), which is several times what MD5 does.
 */
const polynomial = 0x9a6c9329ac4bc9b5n;
const slices = 16;
const tableBytes = slices * 256 * 8;
/** What the module's memory takes at a time; small enough to stay in a core's cache. */
const chunkBytes = 128 * 1024;

/** Of all pieces, one after the other: eight bytes, as the header wants them (in base64). */
export const crc64 = (...pieces: readonly Uint8Array[]): Buffer => {
  loop ??= makeLoop();
  let crc = -1n;
  for (const data of pieces) {
    for (let at = 0; at < data.length; at += chunkBytes) {
      const part = data.subarray(at, at + chunkBytes);
      loop.memory.set(part, tableBytes);
      crc = loop.update(crc, part.length);
    }
  }
  const out = Buffer.alloc(8);
  out.writeBigInt64LE(~crc);
  return out;
};

/** `table[k][b]`: what byte b becomes once k more bytes of zeros have followed it. */
const fillTables = (words: BigUint64Array): void => {
  for (let byte = 0; byte < 256; byte += 1) {
    let crc = BigInt(byte);
    for (let bit = 0; bit < 8; bit += 1) crc = (crc & 1n) === 1n ? (crc >> 1n) ^ polynomial : crc >> 1n;
    words[byte] = crc;
  }
  for (let index = 256; index < slices * 256; index += 1) {
    const before = words[index - 256]!;
    words[index] = words[Number(before & 0xffn)]! ^ (before >> 8n);
  }
};

/** The body of `update(crc: i64, length: i32): i64` over the memory behind the tables. */
const updateCode = (): number[] => {
  const [crc, left, at, low, high] = [0, 1, 2, 3, 4];
  /** Looks a byte of `word` up in the table of the bytes that follow it. */
  const lookUp = (word: number, byte: number, following: number): number[] => [
    ...op.get(word),
    ...(byte === 0 ? [] : [...op.long(8 * byte), ...op.shiftRightLong]),
    ...op.toInt,
    ...op.int(0xff),
    ...op.andInt,
    ...op.int(3),
    ...op.shiftLeftInt,
    ...op.loadLong(following * 256 * 8),
  ];
  const step: number[] = [];
  for (let byte = 0; byte < 8; byte += 1) {
    step.push(...lookUp(high, byte, 7 - byte), ...(byte === 0 ? [] : op.xorLong));
  }
  for (let byte = 0; byte < 8; byte += 1) step.push(...lookUp(low, byte, 15 - byte), ...op.xorLong);
  const advance = (bytes: number) => [
    ...[...op.get(at), ...op.int(bytes), ...op.addInt, ...op.set(at)],
    ...[...op.get(left), ...op.int(bytes), ...op.subtractInt, ...op.set(left)],
  ];
  return [
    ...op.block,
    ...op.loop,
    ...[...op.get(left), ...op.int(16), ...op.lessUnsigned, ...op.branchIf(1)],
    ...[...op.get(at), ...op.loadLong(tableBytes), ...op.get(crc), ...op.xorLong, ...op.set(low)],
    ...[...op.get(at), ...op.loadLong(tableBytes + 8), ...op.set(high)],
    ...step,
    ...op.set(crc),
    ...advance(16),
    ...op.branch(0),
    ...op.end,
    ...op.end,
    ...op.block,
    ...op.loop,
    ...[...op.get(left), ...op.isZeroInt, ...op.branchIf(1)],
    ...[...op.get(at), ...op.loadByte(tableBytes), ...op.get(crc), ...op.xorLong, ...op.set(low)],
    ...[...lookUp(low, 0, 0), ...op.get(crc), ...op.long(8), ...op.shiftRightLong, ...op.xorLong],
    ...op.set(crc),
    ...advance(1),
    ...op.branch(0),
    ...op.end,
    ...op.end,
    ...op.get(crc),
    ...op.end,
  ];
};

const makeLoop = () => {
  const { run, memory } = compileLoop(
    { params: [i64, i32], result: i64, locals: [i32, i64, i64], code: updateCode() },
    tableBytes + chunkBytes,
  );
  fillTables(new BigUint64Array(memory, 0, slices * 256));
  return { memory: new Uint8Array(memory), update: run as (crc: bigint, length: number) => bigint };
};

/** Made when first a checksum is wanted. */
let loop: ReturnType<typeof makeLoop> | null = null;
