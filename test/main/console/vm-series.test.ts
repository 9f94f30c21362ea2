import { describe, expect, it } from 'vitest';
import { seriesRanges } from '../../../src/contract/series.ts';
import { engineSite, mebibyte, minuteMs } from '../../support/engine-site.ts';

const site = engineSite();
const series = (range: (typeof seriesRanges)[number]) =>
  site().console.request('vm.series', { vm: 'SRV1', range });
const known = (values: readonly (number | null)[]) => values.filter((value) => value !== null);

describe('the series of a VM', () => {
  it('show RPO, logs, what was sent and free space by the minute while the engine runs, and a gap while it does not', async () => {
    await site().protect();
    await site().start();
    await site().write('data.vhd', 0, 7, mebibyte);
    const sent = site().nextStatus(({ lastCycle }) => (lastCycle?.sentBytes ?? 0) > 0);
    await site().clock.advance(6 * minuteMs);
    const sentBytes = (await sent).lastCycle!.sentBytes;
    await site().clock.advance(2 * minuteMs);
    const hour = await series('1h');
    expect(hour.stepSeconds).toBe(60);
    expect(hour.times).toHaveLength(60);
    expect(known(hour.rpoSeconds).length).toBeGreaterThanOrEqual(8);
    expect(Math.max(...known(hour.rpoSeconds))).toBeGreaterThanOrEqual(240);
    expect(hour.rpoLimitSeconds).toBe(900);
    const total = known(hour.sentBytes).reduce((sum, bytes) => sum + bytes, 0);
    expect(total).toBeGreaterThanOrEqual(sentBytes);
    expect(known(hour.changedBytes).reduce((sum, bytes) => sum + bytes, 0)).toBeGreaterThanOrEqual(mebibyte);
    const [disk] = hour.disks.filter(({ name }) => name === 'data.vhd');
    expect(disk).toMatchObject({ thresholdBytes: 16 * mebibyte, projection: null });
    expect(known(disk!.hrlBytes).length).toBeGreaterThan(0);
    const [volume] = hour.volumes;
    expect(volume!.disks.toSorted()).toEqual(['data.vhd', 'system.vhdx']);
    expect(known(volume!.freeBytes)[0]).toBeLessThanOrEqual(volume!.totalBytes!);

    await site().console.stop();
    await site().clock.advance(20 * minuteMs);
    await site().open();
    await site().console.start();
    await site().clock.advance(2 * minuteMs);
    const later = await series('1h');
    const first = later.rpoSeconds.findIndex((value) => value !== null);
    const gaps = later.rpoSeconds.slice(first).filter((value) => value === null);
    expect(gaps.length).toBeGreaterThanOrEqual(18);
    expect(later.sentBytes[later.rpoSeconds.indexOf(null, first)]).toBeNull();
  });

  it('answer every range with at most 400 steps that end now', async () => {
    await site().protect();
    await site().start();
    for (const range of seriesRanges) {
      const { times, stepSeconds, rpoSeconds } = await series(range);
      expect(times.length).toBeLessThanOrEqual(400);
      expect(rpoSeconds).toHaveLength(times.length);
      const untilNowMs = site().clock.now() - Date.parse(times.at(-1)!);
      expect(untilNowMs).toBeGreaterThanOrEqual(0);
      expect(untilNowMs).toBeLessThan(stepSeconds * 1000);
      expect(rpoSeconds.at(-1)).not.toBeNull();
    }
  });

  it('count what the first copy and a resynchronization send while they do, and each byte once', async () => {
    await site().prepare();
    const limit = (workHoursBps: number | null) =>
      site().console.request('settings.change', { bandwidth: { workHoursBps, otherBps: workHoursBps } });
    const sentSoFar = async () =>
      known((await series('1h')).sentBytes).reduce((sum, bytes) => sum + bytes, 0);
    await site().console.start();
    await limit(8_000_000);
    const sends = site().nextStatus(({ disks }) =>
      disks.some(({ progress }) => progress?.phase === 'initial' && progress.doneBytes > 0),
    );
    const { job } = await site().console.request('protect', { vm: 'SRV1', vault: 'nas' });
    await sends;
    await site().clock.advance(minuteMs);
    expect((await site().console.request('job', { id: job!.id })).state).toBe('running');
    const early = await sentSoFar();
    expect(early).toBeGreaterThan(0);
    await limit(null);
    const { sentBytes } = await site().finish<'initial'>(job!.id);
    await site().clock.advance(minuteMs);
    expect(early).toBeLessThan(sentBytes);
    expect(await sentSoFar()).toBe(sentBytes);

    await site().write('system.vhdx', 24 * mebibyte, 0x55, mebibyte);
    const compared = await site().resync();
    expect(compared.sentBytes).toBeGreaterThanOrEqual(mebibyte);
    await site().clock.advance(minuteMs);
    expect(await sentSoFar()).toBe(sentBytes + compared.sentBytes);
  });
});
