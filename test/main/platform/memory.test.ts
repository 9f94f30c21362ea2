import { describe, expect, it } from 'vitest';
import { memoryFloor, memoryRoom, requireMemory } from '../../../src/main/platform/memory.ts';

const mebibyte = 1024 ** 2;
const room = (availableMebibytes: number, totalMebibytes = 16_384) => ({
  totalBytes: totalMebibytes * mebibyte,
  availableBytes: availableMebibytes * mebibyte,
});

describe('memory', () => {
  it('is measured: more than nothing, and not more than there is', () => {
    const { totalBytes, availableBytes } = memoryRoom();
    expect(availableBytes).toBeGreaterThan(0);
    expect(availableBytes).toBeLessThanOrEqual(totalBytes);
  });

  it('has a floor of 256 MiB, of a small machine of 5 %', () => {
    expect(memoryFloor(64 * 1024 * mebibyte)).toBe(256 * mebibyte);
    expect(memoryFloor(1000 * mebibyte)).toBe(50 * mebibyte);
  });

  it('lets work begin above the floor and end below half of it, with figures', () => {
    expect(() => requireMemory(room(256), 'before')).not.toThrow();
    expect(() => requireMemory(room(255), 'before')).toThrowError(
      expect.objectContaining({
        code: 'LOW_MEMORY',
        class: 'recoverable',
        message: 'The machine has 255 MB of 16.0 GB memory left, less than 256 MB: the work was not begun.',
      }),
    );
    expect(() => requireMemory(room(128), 'during')).not.toThrow();
    expect(() => requireMemory(room(127), 'during')).toThrowError(/127 MB .* ended at its last checkpoint/);
  });
});
