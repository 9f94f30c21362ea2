import { createCipheriv, createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { Xts } from '../../../../src/main/vault/azure/xts.ts';

/** What node:crypto makes of one sector. */
const sectorBySector = (key: Uint8Array, data: Buffer, firstSector: number): Buffer => {
  const parts: Buffer[] = [];
  for (let at = 0; at < data.length; at += 512) {
    const tweak = Buffer.alloc(16);
    tweak.writeBigUInt64LE(BigInt(firstSector + at / 512));
    parts.push(createCipheriv('aes-256-xts', key, tweak).update(data.subarray(at, at + 512)));
  }
  return Buffer.concat(parts);
};

const bytes = (length: number, seed: string): Buffer =>
  createHash('shake256', { outputLength: length }).update(seed).digest();

describe('AES-256-XTS by sectors', () => {
  const key = bytes(64, 'key');

  it.each([
    [512, 0],
    [1536, 7],
    [64 * 1024, 1],
    [200 * 512, 2 ** 33 + 5],
    [300 * 1024, 123_456_789],
  ])('of %i bytes from sector %i is that of node:crypto, and back', (length, firstSector) => {
    const data = bytes(length, `data of ${length}`);
    const before = Buffer.from(data);
    const xts = new Xts(key);
    const encrypted = Buffer.alloc(length);
    xts.encrypt(encrypted, data, firstSector);
    expect(encrypted.equals(sectorBySector(key, data, firstSector))).toBe(true);
    expect(data.equals(before)).toBe(true);
    xts.decrypt(encrypted, encrypted, firstSector);
    expect(encrypted.equals(data)).toBe(true);
  });

  it('refuses parts of sectors and keys of another length', () => {
    expect(() => new Xts(key).encrypt(Buffer.alloc(100), Buffer.alloc(100), 0)).toThrow(/whole sectors/);
    expect(() => new Xts(key.subarray(1))).toThrow(/64 bytes/);
  });
});
