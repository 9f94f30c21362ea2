import { randomBelow } from '../support/random.ts';
import type { FuzzImage } from './fuzz-image.ts';

/** Values at which readers go wrong: limits of number types, sector and block sizes, and their neighbours. */
const edges = [
  0n,
  1n,
  2n,
  4n,
  7n,
  8n,
  64n,
  255n,
  511n,
  512n,
  513n,
  4095n,
  4096n,
  65_535n,
  65_536n,
  1n << 20n,
  (1n << 31n) - 1n,
  1n << 31n,
  (1n << 32n) - 1n,
  1n << 32n,
  1n << 46n,
  (1n << 53n) - 1n,
  (1n << 53n) + 1n,
  1n << 63n,
  (1n << 64n) - 1n,
];

const widths = [1, 2, 4, 8];
const mostBytes = 64 * 1024;

/** Damages the file in one to four ways and says how. */
export const mutate = (image: FuzzImage, random: () => number): readonly string[] =>
  Array.from({ length: 1 + randomBelow(random, 4) }, () => {
    const kind = kinds[randomBelow(random, kinds.length)]!;
    return kind(image, random);
  });

type Mutation = (image: FuzzImage, random: () => number) => string;

const somewhere = (image: FuzzImage, random: () => number): number =>
  random() < 0.8 ? image.structuredOffset(random) : randomBelow(random, Math.max(1, image.sizeBytes));

const flipBit: Mutation = (image, random) => {
  const at = somewhere(image, random) + randomBelow(random, 4);
  const bit = randomBelow(random, 8);
  image.write(Uint8Array.of((image.bytes[at] ?? 0) ^ (1 << bit)), at);
  return `bit ${bit} of byte ${at} flipped`;
};

const setNumber: Mutation = (image, random) => {
  const at = somewhere(image, random);
  const width = widths[randomBelow(random, widths.length)]!;
  const size = BigInt(image.sizeBytes);
  const candidates = [
    ...edges,
    size,
    size - 1n,
    size / 512n,
    size >> 20n,
    BigInt(randomBelow(random, 2 ** 32)),
  ];
  const value = BigInt.asUintN(64, candidates[randomBelow(random, candidates.length)]!);
  const bytes = Buffer.alloc(8);
  const isBigEndian = random() < 0.5;
  if (isBigEndian) bytes.writeBigUInt64BE(value);
  else bytes.writeBigUInt64LE(value);
  image.write(isBigEndian ? bytes.subarray(8 - width) : bytes.subarray(0, width), at);
  return `byte ${at} set to ${value} in ${width} bytes, ${isBigEndian ? 'big' : 'little'}-endian`;
};

const addSmall: Mutation = (image, random) => {
  const at = somewhere(image, random) + randomBelow(random, 4);
  const step = randomBelow(random, 2) === 0 ? 1 : -1;
  image.write(Uint8Array.of(((image.bytes[at] ?? 0) + step) & 0xff), at);
  return `byte ${at} changed by ${step}`;
};

const overwrite: Mutation = (image, random) => {
  const at = somewhere(image, random);
  const length = 1 + randomBelow(random, random() < 0.7 ? 64 : 4096);
  const fill = [0, 0xff, 0x41][randomBelow(random, 3)]!;
  image.write(Buffer.alloc(length, fill), at);
  return `${length} bytes from ${at} set to ${fill}`;
};

const splice: Mutation = (image, random) => {
  const [from, to] = [somewhere(image, random), somewhere(image, random)];
  const length = [4, 8, 32, 512, 1024, 4096][randomBelow(random, 6)]!;
  image.write(Buffer.from(image.bytes.subarray(from, from + length)), to);
  return `${length} bytes from ${from} copied to ${to}`;
};

const truncate: Mutation = (image, random) => {
  const size = Math.min(
    image.sizeBytes,
    Math.max(0, somewhere(image, random) + [-1, 0, 1, 511, 512][randomBelow(random, 5)]!),
  );
  image.resize(size);
  return `cut to ${size} bytes`;
};

const extend: Mutation = (image, random) => {
  const before = image.sizeBytes;
  const added = 1 + randomBelow(random, mostBytes);
  const from = somewhere(image, random);
  const tail = Buffer.from(image.bytes.subarray(from, from + Math.min(added, 4096)));
  image.resize(before + added);
  if (random() < 0.5) image.write(tail, before);
  return `${added} bytes added at the end, a copy from ${from}`;
};

/** The first ones more often: most damage that matters is a changed number. */
const kinds: readonly Mutation[] = [
  setNumber,
  setNumber,
  setNumber,
  setNumber,
  flipBit,
  flipBit,
  addSmall,
  addSmall,
  overwrite,
  splice,
  splice,
  truncate,
  extend,
];
