/** Bytes that leave together, in pieces that need not follow one another in memory. */
export type Pieces = readonly Buffer[];

export const bytesOf = (pieces: Pieces): number => pieces.reduce((sum, { length }) => sum + length, 0);

/** The bytes [from, to) of them all, not copied. */
export const cutPieces = (pieces: Pieces, from: number, to: number): Pieces => {
  const parts: Buffer[] = [];
  let at = 0;
  for (const piece of pieces) {
    const part = piece.subarray(Math.max(0, from - at), Math.max(0, to - at));
    if (part.length > 0) parts.push(part);
    at += piece.length;
  }
  return parts;
};

/** As one piece of memory, copied only where they are not that already. */
export const joinPieces = (pieces: Pieces): Buffer =>
  pieces.length === 1 ? pieces[0]! : Buffer.concat(pieces);
