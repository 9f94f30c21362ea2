/** Numbers that look random and are the same for the same seed (Marsaglia's xorshift, 32 bits). */
export interface Random {
  /** 0 … 2^32 − 1. */
  next(): number;
  /** 0 … `bound` − 1. */
  below(bound: number): number;
  pick<T>(choices: readonly T[]): T;
  /** `target` starts at a multiple of four bytes of its buffer. */
  fill(target: Uint8Array): void;
}

export const seededRandom = (...seeds: readonly number[]): Random => {
  let state = seeds.reduce(
    (mixed, seed) => Math.imul(mixed ^ seed, 0x9e37_79b1) ^ (mixed >>> 15),
    0x2545_f491,
  );
  // Xorshift stays at zero for ever once it is there.
  if (state === 0) state = 1;
  const next = (): number => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return state >>> 0;
  };
  const below = (bound: number): number => Math.floor((next() / 2 ** 32) * bound);
  return {
    next,
    below,
    pick: (choices) => choices[below(choices.length)]!,
    fill: (target) => {
      const words = new Uint32Array(target.buffer, target.byteOffset, target.length >>> 2);
      for (let index = 0; index < words.length; index++) words[index] = next();
      for (let at = words.length * 4; at < target.length; at++) target[at] = next() & 0xff;
    },
  };
};
