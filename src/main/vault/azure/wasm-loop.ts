/**
 * Loops over bytes that want 64-bit integers, as small WebAssembly modules: just enough of an assembler (WebAssembly core
 * specification, chapter 5) for one function over a memory of its own.
 */
export const i32 = 0x7f;
export const i64 = 0x7e;
type ValueType = typeof i32 | typeof i64;

export interface Loop {
  readonly params: readonly ValueType[];
  readonly result: ValueType | null;
  /** Numbered after the parameters. */
  readonly locals: readonly ValueType[];
  readonly code: readonly number[];
}

const pageBytes = 64 * 1024;

export const compileLoop = (
  loop: Loop,
  memoryBytes: number,
): { readonly run: unknown; readonly memory: ArrayBuffer } => {
  const { exports } = new WebAssembly.Instance(new WebAssembly.Module(encodeModule(loop, memoryBytes)));
  return { run: exports.run, memory: (exports.memory as WebAssembly.Memory).buffer };
};

export const op = {
  block: [0x02, 0x40],
  loop: [0x03, 0x40],
  end: [0x0b],
  branch: (depth: number) => [0x0c, depth],
  branchIf: (depth: number) => [0x0d, depth],
  get: (local: number) => [0x20, local],
  set: (local: number) => [0x21, local],
  int: (value: number) => [0x41, ...signed(value)],
  long: (value: number) => [0x42, ...signed(value)],
  loadLong: (offset: number) => [0x29, 0, ...unsigned(offset)],
  loadByte: (offset: number) => [0x31, 0, ...unsigned(offset)],
  lessUnsigned: [0x49],
  addInt: [0x6a],
  subtractInt: [0x6b],
  isZeroInt: [0x45],
  andLong: [0x83],
  xorLong: [0x85],
  orLong: [0x84],
  shiftLeftLong: [0x86],
  shiftRightSignedLong: [0x87],
  storeLong: (offset: number) => [0x37, 0, ...unsigned(offset)],
  shiftLeftInt: [0x74],
  andInt: [0x71],
  shiftRightLong: [0x88],
  toInt: [0xa7],
} as const;

const unsigned = (value: number): number[] => {
  const bytes: number[] = [];
  for (let rest = value; ; rest >>>= 7) {
    if (rest < 0x80) return [...bytes, rest];
    bytes.push((rest & 0x7f) | 0x80);
  }
};

const signed = (value: number): number[] => {
  const bytes: number[] = [];
  for (let rest = value; ; rest >>= 7) {
    if (rest >= -0x40 && rest < 0x40) return [...bytes, rest & 0x7f];
    bytes.push((rest & 0x7f) | 0x80);
  }
};

/** One type, one function, one memory, two exports. */
const encodeModule = (
  { params, result, locals, code }: Loop,
  memoryBytes: number,
): Uint8Array<ArrayBuffer> => {
  const section = (id: number, content: readonly number[]) => [id, ...unsigned(content.length), ...content];
  const name = (text: string) => [text.length, ...Buffer.from(text)];
  const body = [locals.length, ...locals.flatMap((type) => [1, type]), ...code];
  const results = result === null ? [0] : [1, result];
  return Uint8Array.from([
    ...[0, ...Buffer.from('asm'), 1, 0, 0, 0],
    ...section(1, [1, 0x60, params.length, ...params, ...results]),
    ...section(3, [1, 0]),
    ...section(5, [1, 0, ...unsigned(Math.ceil(memoryBytes / pageBytes))]),
    ...section(7, [2, ...name('run'), 0, 0, ...name('memory'), 2, 0]),
    ...section(10, [1, ...unsigned(body.length), ...body]),
  ]);
};
