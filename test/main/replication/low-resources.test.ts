import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { memoryRoom } from '../../../src/main/platform/memory.ts';
import { volumeSpace } from '../../../src/main/platform/volume.ts';
import { WorkerPool } from '../../../src/main/workers/worker-pool.ts';
import { type EngineSite, engineSite, mebibyte, minuteMs } from '../../support/engine-site.ts';
import { FakeClock } from '../../support/fake-clock.ts';

const makeSite = engineSite();
const workersDirectory = join(import.meta.dirname, '../../../src/main/workers');

/** A pool that is told of a machine with little memory once `askedFor` has been seen so often. */
const poolWithMemory = (availableMebibytes: () => number): WorkerPool => {
  // Each look is a new one.
  const clock = new FakeClock();
  const hasty = { now: () => clock.now() + performance.now() * 1e6, wait: clock.wait.bind(clock) };
  return new WorkerPool(workersDirectory, hasty, () => ({
    ...memoryRoom(),
    totalBytes: 16 * 1024 * mebibyte,
    availableBytes: availableMebibytes() * mebibyte,
  }));
};

const poor = (site: EngineSite, directory: string, freeBytes: number): void => {
  site.space = async (path) => {
    const space = await volumeSpace(path);
    return path === directory ? { ...space, freeBytes } : space;
  };
};

describe('a machine that is low on memory', () => {
  it('begins no work, says how much there is, and goes on by itself when there is more', async () => {
    const site = makeSite();
    await site.protect();
    await site.console.stop();
    let available = 100;
    await site.open(
      site.data(),
      poolWithMemory(() => available),
    );
    await site.write('data.vhd', 0, 7);
    await expect(site.sync()).rejects.toMatchObject({
      code: 'LOW_MEMORY',
      class: 'recoverable',
      message: expect.stringContaining('100 MB of 16.0 GB'),
    });
    expect(await site.status()).toMatchObject({
      health: 'Warning',
      retry: { attempts: 1, lastError: { code: 'LOW_MEMORY' } },
    });
    available = 4_096;
    const works = site.nextStatus(({ retry, activity }) => retry === null && activity === null);
    await site.console.start();
    await site.clock.advance(2 * minuteMs);
    await works;
    expect((await site.verify()).identical).toBe(true);
  });

  it('ends work that is under way, and a first copy goes on where it was', async () => {
    const site = makeSite();
    let looks = 0;
    await site.makeVm();
    await site.open(
      site.data(),
      poolWithMemory(() => {
        looks += 1;
        // The first look lets the copy begin.
        return looks === 1 ? 4_096 : looks < 6 ? 60 : 4_096;
      }),
    );
    await site.console.request('host.use', { path: site.host });
    await site.console.request('vault.add', { name: 'nas', target: site.vault });
    const failed = site.nextError('LOW_MEMORY');
    await site.console.start();
    const { job } = await site.console.request('protect', { vm: 'SRV1', vault: 'nas' });
    expect(await failed).toMatchObject({ event: { text: expect.stringContaining('60.0 MB') } });
    expect(await site.status()).toMatchObject({ retry: { lastError: { code: 'LOW_MEMORY' } } });
    looks = 6;
    await site.clock.advance(minuteMs);
    await site.finish(job!.id);
    expect((await site.verify()).identical).toBe(true);
  });
});

describe('a volume that is low on space', () => {
  const lowSpace = { code: 'VOLUME_LOW_SPACE', class: 'recoverable' };

  it('takes no first copy at the vault, and none of the digests', async () => {
    const site = makeSite();
    await site.prepare();
    await site.console.start();
    poor(site, site.vault, 70 * mebibyte);
    const failed = site.nextError('VOLUME_LOW_SPACE');
    const { job } = await site.console.request('protect', { vm: 'SRV1', vault: 'nas' });
    await failed;
    expect((await site.status()).retry?.lastError).toMatchObject({
      ...lowSpace,
      message: expect.stringMatching(/70\.0 MB free; about [\d.]+ MB are needed for the first copy of SRV1/),
    });
    poor(site, site.data(), 10 * mebibyte);
    const again = site.nextError('VOLUME_LOW_SPACE');
    await site.clock.advance(minuteMs);
    await again;
    expect((await site.status()).retry?.lastError.message).toMatch(
      /10\.0 MB free; .* for the digests of SRV1/,
    );
    site.space = volumeSpace;
    await site.clock.advance(2 * minuteMs);
    await site.finish(job!.id);
  });

  it('takes no delta, which waits in its log', async () => {
    const site = makeSite();
    await site.protect();
    await site.write('data.vhd', 0, 7, mebibyte);
    poor(site, site.vault, 65 * mebibyte);
    await expect(site.sync()).rejects.toMatchObject({
      ...lowSpace,
      file: site.vault,
      message: expect.stringMatching(
        /65\.0 MB free; about [\d.]+ MB are needed for the changes of SRV1, and 64\.0 MB/,
      ),
    });
    site.space = volumeSpace;
    await site.sync();
    expect((await site.verify()).identical).toBe(true);
  });

  it('takes no restored disks', async () => {
    const site = makeSite();
    await site.protect();
    const toDirectory = join(site.directory, 'restored');
    mkdirSync(toDirectory);
    poor(site, toDirectory, 66 * mebibyte);
    const { id } = await site.console.request('restore', { vm: 'SRV1', toDirectory });
    expect((await site.failure(id)).error).toMatchObject({
      ...lowSpace,
      message: expect.stringMatching(/66\.0 MB free; about 1\d\.\d MB are needed for the restored disks/),
    });
    site.space = volumeSpace;
    await site.finish((await site.console.request('restore', { vm: 'SRV1', toDirectory })).id);
  });
});
