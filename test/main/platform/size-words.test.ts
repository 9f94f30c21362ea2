import { describe, expect, it } from 'vitest';
import { formatBesides, formatBytes, formatRate } from '../../../src/main/platform/size-words.ts';

describe('a size', () => {
  it.each([
    [0, '0 bytes'],
    [1023, '1023 bytes'],
    [1024, '1.00 KB'],
    [1536, '1.50 KB'],
    [10 * 1024, '10.0 KB'],
    [1024 ** 2 - 1, '1023 KB'],
    [300 * 1024 ** 2, '300 MB'],
    [4 * 1024 ** 3, '4.00 GB'],
    [64 * 1024 ** 4, '64.0 TB'],
  ])('of %d bytes reads %s', (bytes, text) => {
    expect(formatBytes(bytes)).toBe(text);
  });

  it('beside another is told in bytes where both would read the same', () => {
    expect(formatBesides(1024 ** 4, 2 * 1024 ** 4)).toBe('1.00 TB');
    expect(formatBesides(1024 ** 4 + 512, 1024 ** 4)).toBe('1099511628288 bytes');
  });

  it('in a second is a rate', () => {
    expect(formatRate(1536)).toBe('1.50 KB/s');
  });
});
