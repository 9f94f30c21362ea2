import fc from 'fast-check';
import { expect, it } from 'vitest';
import { bytesOf, cutPieces, joinPieces } from '../../../../src/main/vault/azure/pieces.ts';

const somePieces = fc.array(
  fc.uint8Array({ maxLength: 20 }).map((bytes) => Buffer.from(bytes)),
  {
    minLength: 1,
  },
);

it('pieces are cut like the bytes they stand for, without empty ones', () => {
  fc.assert(
    fc.property(somePieces, fc.nat(100), fc.nat(100), (pieces, from, length) => {
      const cut = cutPieces(pieces, from, from + length);
      const whole = Buffer.concat(pieces);
      expect(bytesOf(pieces)).toBe(whole.length);
      expect(Buffer.concat(cut)).toEqual(whole.subarray(from, from + length));
      expect(cut.every((piece) => piece.length > 0)).toBe(true);
      expect(joinPieces(pieces)).toEqual(whole);
    }),
  );
});
