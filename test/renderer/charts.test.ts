import { describe, expect, it } from 'vitest';
import type { ResyncMap } from '../../src/contract/resync.ts';
import type { DiskSeries, SeriesValues, VmSeriesReport } from '../../src/contract/series.ts';
import { columnsFor, decodeMap, mapPaths, mapSize } from '../../src/renderer/charts/block-map.ts';
import { lastOf, lonelyValues, spreadLabels, stepRows } from '../../src/renderer/charts/chart-rows.ts';
import {
  fullestDisks,
  growthWords,
  projectedLine,
  projectedUntil,
} from '../../src/renderer/charts/log-growth.ts';
import { rpoWords, sentWords, sinceWords, speedWords } from '../../src/renderer/charts/series-words.ts';
import { rangeMs, timeAxis } from '../../src/renderer/charts/time-axis.ts';
import { shareAxis, valueAxis } from '../../src/renderer/charts/value-axis.ts';

const noon = Date.parse('2026-03-04T12:00:00.000Z');
const minute = 60_000;

describe('the axis of values', () => {
  it.each([
    ['bytes', 1, [0, 1]],
    ['bytes', 700, [0, 256, 512, 768]],
    ['bytes', 3 * 1024 ** 2, [0, 1, 2, 3].map((n) => n * 1024 ** 2)],
    ['bytes', 412 * 1024 ** 2, [0, 128, 256, 384, 512].map((n) => n * 1024 ** 2)],
    ['seconds', 50, [0, 15, 30, 45, 60]],
    ['seconds', 720, [0, 300, 600, 900]],
    ['seconds', 7200, [0, 1800, 3600, 5400, 7200]],
  ] as const)('of %s up to %d has round steps from 0', (quantity, largest, ticks) => {
    expect(valueAxis(quantity, largest)).toEqual({ ticks, end: ticks.at(-1) });
  });

  it('never leaves a value out, however large', () => {
    for (const quantity of ['bytes', 'seconds'] as const)
      for (let largest = 1; largest < 1e18; largest *= 3) {
        const { ticks, end } = valueAxis(quantity, largest);
        expect(end).toBeGreaterThanOrEqual(largest);
        expect(ticks.length).toBeLessThanOrEqual(5);
      }
  });

  it('of logs always shows the 50 % line and those of the warnings', () => {
    expect(shareAxis(0.02)).toEqual({ ticks: [0, 0.3, 0.4, 0.5], end: 0.6 });
    expect(shareAxis(0.83).end).toBe(0.9);
  });
});

describe('the axis of time', () => {
  it('ends now while nothing is projected', () => {
    const axis = timeAxis('1h', noon - 60 * minute, noon, null);
    expect([axis.fromMs, axis.toMs]).toEqual([noon - 60 * minute, noon]);
    expect(axis.ticks.map((ms) => new Date(ms).getMinutes() % 10)).toEqual(axis.ticks.map(() => 0));
    expect(axis.ticks.length).toBeGreaterThanOrEqual(6);
  });

  it('goes on to what is projected, but keeps most of its room for the past', () => {
    const near = timeAxis('24h', noon - rangeMs['24h'], noon, noon + 60 * minute);
    expect(near.toMs).toBeGreaterThan(noon + 60 * minute);
    const far = timeAxis('24h', noon - rangeMs['24h'], noon, noon + 40 * rangeMs['24h']);
    expect(far.toMs).toBe(noon + rangeMs['24h'] / 4);
  });

  it.each(['24h', '7d', '30d'] as const)('over %s has its marks on whole local hours', (range) => {
    const { ticks } = timeAxis(range, noon - rangeMs[range], noon, null);
    expect(ticks.length).toBeGreaterThanOrEqual(5);
    expect(ticks.length).toBeLessThanOrEqual(8);
    for (const ms of ticks) {
      expect(new Date(ms).getMinutes()).toBe(0);
      if (range !== '24h') expect(new Date(ms).getHours()).toBe(0);
    }
  });
});

describe('the rows of a chart', () => {
  it('keep gaps, and steps as wide as they are', () => {
    const rows = stepRows([0, 60], 60, [{ key: 'sent', name: 'Sent', values: [5, null] }]);
    expect(rows).toEqual([
      { atMs: 0, sent: 5 },
      { atMs: 59, sent: 5 },
      { atMs: 60, sent: null },
      { atMs: 119, sent: null },
    ]);
  });

  it('say which values stand alone, and which is the newest', () => {
    const values = [1, null, 2, 3, null, 4];
    expect([...lonelyValues(values)]).toEqual([0, 5]);
    expect(lastOf([...values, null])).toEqual({ value: 4, index: 5 });
    expect(lastOf([null])).toBeNull();
  });

  it('have labels that do not cover one another and stay inside', () => {
    expect(spreadLabels([100, 98, 20], 30, 200)).toEqual([128, 98, 20]);
    expect(spreadLabels([200, 199, 198], 30, 200)).toEqual([200, 170, 140]);
  });
});

describe('the growth of logs', () => {
  const disk = (
    diskId: string,
    hrlBytes: DiskSeries['hrlBytes'],
    thresholdAt: number | null = null,
  ): DiskSeries => ({
    diskId,
    name: `${diskId}.vhdx`,
    thresholdBytes: 500,
    hrlBytes,
    projection:
      thresholdAt === null
        ? null
        : { growthBytesPerSecond: 1024 ** 2, thresholdAt: new Date(thresholdAt).toISOString() },
  });
  const times = [noon - 2 * minute, noon - minute, noon];

  it('is drawn on from the last value to the threshold', () => {
    const line = projectedLine(disk('a', [0, 100, null], noon + 59 * minute), times, {
      toMs: noon + 90 * minute,
    });
    expect(line).toEqual({
      fromMs: noon - minute,
      fromShare: 0.1,
      toMs: noon + 59 * minute,
      toShare: 0.5,
    });
  });

  it('is cut where the axis ends', () => {
    const line = projectedLine(disk('a', [0, 100], noon + 59 * minute), times, { toMs: noon + 29 * minute });
    expect(line?.toMs).toBe(noon + 29 * minute);
    expect(line?.toShare).toBeCloseTo(0.3);
  });

  it('is not drawn on without a projection, without a value, or beyond the threshold', () => {
    const axis = { toMs: noon + 90 * minute };
    expect(projectedLine(disk('a', [1]), times, axis)).toBeNull();
    expect(projectedLine(disk('a', [null], noon + minute), times, axis)).toBeNull();
    expect(projectedLine(disk('a', [600], noon + minute), times, axis)).toBeNull();
  });

  it('is told in words: of the disk that comes first', () => {
    const disks = [
      disk('slow', [1], noon + 5 * 3600_000),
      disk('fast', [1], noon + 3 * 3600_000),
      disk('idle', [1]),
    ];
    expect(growthWords(disks, noon)).toMatch(
      /^fast\.vhdx reaches 50 % in about 3 h \(.+\) if it goes on growing by 1\.00 MB\/s\.$/,
    );
    expect(projectedUntil(disks)).toBe(noon + 5 * 3600_000);
    expect(growthWords([disk('idle', [3])], noon)).toBe('No log is growing towards its threshold.');
    expect(growthWords([...disks, disk('full', [500])], noon)).toContain('full.vhdx has reached');
  });

  it('shows the four fullest logs in the order of the disks', () => {
    const disks = [5, 1, 9, 2, 7].map((bytes, index) => disk(String(index), [bytes]));
    expect(fullestDisks(disks).map(({ diskId }) => diskId)).toEqual(['0', '2', '3', '4']);
  });
});

describe('the words of a chart', () => {
  const report = (values: SeriesValues): VmSeriesReport => ({
    vmId: 'v',
    vm: 'WEB01',
    range: '1h',
    stepSeconds: 60,
    times: values.map((_, index) => new Date(noon + index * minute).toISOString()),
    rpoSeconds: values,
    rpoLimitSeconds: 600,
    sentBytes: values,
    throughputBytesPerSecond: values,
    changedBytes: values,
    changeRateBytesPerSecond: values,
    disks: [],
    volumes: [],
  });

  it('are none without values', () => {
    for (const words of [rpoWords, sentWords, speedWords]) expect(words(report([null, null]), noon)).toBe('');
  });

  it('say the greatest value against the limit', () => {
    expect(rpoWords(report([null, 60, 300]), noon)).toMatch(
      /^At most 5 min, at .+; always within .+ 10 min\.$/,
    );
    expect(rpoWords(report([900, 60]), noon)).toMatch(/^Up to 15 min, at .+: over the limit of 10 min\.$/);
  });

  it('say how much was sent, or that nothing was', () => {
    expect(sentWords(report([1024, null, 2048]), noon)).toMatch(
      /^3\.00 KB in all; most was 2\.00 KB in 60 s/,
    );
    expect(sentWords(report([0, null]), noon)).toContain('Nothing was sent');
  });

  it('say since when there is data, unless it is all there', () => {
    const values = [null, null, null, 7];
    expect(sinceWords(report(values), values, noon)).toMatch(/^Data since /);
    expect(sinceWords(report([1, 2]), [1, 2], noon)).toBeNull();
    expect(sinceWords(report([null]), [null], noon)).toBeNull();
  });
});

describe('the map of blocks', () => {
  const map = (cells: number, ...bytes: number[]): ResyncMap => ({
    cells,
    blocksPerCell: 1,
    states: btoa(String.fromCharCode(...bytes)),
  });

  it('has two bits a cell, the first in the lowest', () => {
    expect(decodeMap(map(6, 0b11_10_01_00, 0b01_11))).toEqual([
      'pending',
      'same',
      'different',
      'sent',
      'sent',
      'same',
    ]);
  });

  it('that is too short goes on with cells that were not compared', () => {
    expect(decodeMap(map(6, 0b01_01_01_01)).slice(4)).toEqual(['pending', 'pending']);
  });

  it('draws each cell once, in rows', () => {
    const states = decodeMap(map(4, 0b01_10_01_11));
    const paths = mapPaths(states, 2);
    const corners = (path: string) => [...path.matchAll(/M(\d+) (\d+)h[68]/g)].map(([, x, y]) => `${x},${y}`);
    expect(corners(paths.sent)).toEqual(['1,1']);
    expect(corners(paths.same)).toEqual(['12,2', '12,12']);
    expect(corners(paths.different)).toEqual(['1,11']);
    expect(paths.pending).toBe('');
    expect(mapSize(5, 2)).toEqual({ width: 20, height: 30 });
  });

  it('tells every state apart by its shape', () => {
    const shapes = (['pending', 'same', 'different', 'sent'] as const).map(
      (state) => mapPaths([state], 1)[state],
    );
    expect(new Set(shapes).size).toBe(4);
  });

  it('is wider than high at its largest', () => {
    const { width, height } = mapSize(4096, columnsFor(4096));
    expect(width / height).toBe(4);
  });
});
