import { describe, expect, it } from 'vitest';
import { crc64 } from '../../../../src/main/vault/azure/crc64.ts';

/** Bit by bit, as the definition says. */
const slowly = (data: Uint8Array): Buffer => {
  let crc = 0xffffffffffffffffn;
  for (const byte of data) {
    crc ^= BigInt(byte);
    for (let bit = 0; bit < 8; bit += 1) crc = crc & 1n ? (crc >> 1n) ^ 0x9a6c9329ac4bc9b5n : crc >> 1n;
  }
  const out = Buffer.alloc(8);
  out.writeBigUInt64LE(crc ^ 0xffffffffffffffffn);
  return out;
};

describe('the checksum of page writes', () => {
  it.each([
    ['the published check value', Buffer.from('123456789'), 'ae8b14860a799888'],
    ['32 zeros', Buffer.alloc(32), 'cf3473434d4ecf3b'],
    ['nothing', Buffer.alloc(0), '0000000000000000'],
  ])('is that of %s', (_, data, expected) => {
    expect(crc64(data).reverse().toString('hex')).toBe(expected);
  });

  it('is that of the definition at any length and place in memory, also over several chunks', () => {
    const bytes = Buffer.from(Array.from({ length: 3000 }, (_, index) => (index * 167 + 13) & 0xff));
    for (let length = 0; length < 80; length += 1) {
      expect(
        crc64(bytes.subarray(length % 7, length)).equals(slowly(bytes.subarray(length % 7, length))),
      ).toBe(true);
    }
    const long = Buffer.alloc(300_001);
    for (let at = 0; at < long.length; at += bytes.length) bytes.copy(long, at);
    for (const length of [131_071, 131_072, 131_073, 131_088, 262_144, 300_000, 300_001]) {
      expect(crc64(long.subarray(0, length)).equals(slowly(long.subarray(0, length)))).toBe(true);
    }
  });
});
