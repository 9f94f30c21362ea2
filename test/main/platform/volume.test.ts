import { existsSync, statSync } from 'node:fs';
import { statfs } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { describeVolume, reserveBytes, volumeSpace } from '../../../src/main/platform/volume.ts';

const gibibyte = 1024 ** 3;

describe('volume space', () => {
  it('is what the file system says of the volume that holds the path', async () => {
    const space = await volumeSpace(tmpdir());
    const { bsize, blocks } = await statfs(tmpdir());
    expect(space.totalBytes).toBe(bsize * blocks);
    expect(space.freeBytes).toBeGreaterThan(0);
    expect(space.freeBytes).toBeLessThanOrEqual(space.totalBytes);
  });

  it('names where the volume is mounted', async () => {
    const { mount } = await volumeSpace(tmpdir());
    expect(tmpdir().toLowerCase().startsWith(mount.toLowerCase())).toBe(true);
    expect(statSync(mount).dev).toBe(statSync(tmpdir()).dev);
  });

  it('names the path that does not exist', async () => {
    const missing = join(tmpdir(), 'no-such-volume-here');
    await expect(volumeSpace(missing)).rejects.toMatchObject({ code: 'DISK_NOT_FOUND', file: missing });
  });

  it.runIf(existsSync('/proc/mounts'))('is labelled with the device where the system knows it', async () => {
    const description = await describeVolume(tmpdir());
    expect(description.label).toMatch(/./);
    expect(await describeVolume(tmpdir())).toMatchObject({ label: description.label });
  });
});

describe('the reserve', () => {
  it('is 5 % of a volume, and a gibibyte of a small one', () => {
    expect(reserveBytes(1000 * gibibyte)).toBe(50 * gibibyte);
    expect(reserveBytes(20 * gibibyte)).toBe(gibibyte);
    expect(reserveBytes(4 * gibibyte)).toBe(gibibyte);
  });
});
