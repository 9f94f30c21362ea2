import { describe, expect, it } from 'vitest';
import type { DiskStatus, VmStatus } from '../../../src/contract/reports.ts';
import { signatureMeasure, volumeMeasure } from '../../../src/main/alerts/place-measures.ts';
import { vmMeasures } from '../../../src/main/alerts/vm-measures.ts';
import { VolumeWatch } from '../../../src/main/alerts/volume-watch.ts';

const gibibyte = 1024 ** 3;
const dayMs = 86_400_000;
const nowMs = Date.UTC(2026, 10, 20, 12);

const disk = (logBytes: number): DiskStatus => ({
  id: 'd1',
  name: 'system.vhdx',
  path: '/vms/WEB01/system.vhdx',
  format: 'vhdx',
  sizeBytes: 100 * gibibyte,
  replica: null,
  excluded: false,
  hrl: { path: null, bytes: logBytes, thresholdBytes: 50 * gibibyte, thresholdAt: null, degraded: null },
  progress: null,
  error: null,
});

const vm = (changes: Partial<VmStatus>): VmStatus => ({
  id: 'vm-1',
  name: 'WEB01',
  path: '/vms/WEB01',
  protected: true,
  state: 'Replicating',
  stateNumber: 3,
  health: 'Normal',
  healthReasons: [],
  vault: 'nas',
  frequencySeconds: 300,
  rpoSeconds: 60,
  rpoLimitSeconds: 900,
  lastSyncAt: new Date(nowMs - 60_000).toISOString(),
  nextCycleAt: null,
  paused: false,
  activity: null,
  retry: null,
  resync: null,
  lastCycle: null,
  disks: [disk(0)],
  ...changes,
});

const rungs = (changes: Partial<VmStatus>) =>
  Object.fromEntries(vmMeasures(vm(changes), nowMs).map(({ family, rung }) => [family, rung]));

describe('how a VM stands for its alerts', () => {
  it('is well while it replicates', () => {
    expect(rungs({})).toEqual({ health: 0, rpo: 0, silence: 0, log: 0 });
  });

  it.each([
    [449, 0],
    [450, 1],
    [899, 1],
    [900, 2],
  ])('with an RPO of %i s and a limit of 15 minutes is %i', (rpoSeconds, rung) => {
    expect(rungs({ rpoSeconds }).rpo).toBe(rung);
  });

  it.each([
    [29.9, 0],
    [30, 1],
    [40, 2],
    [49.9, 2],
    [50, 3],
  ])('with a log of %d %% of the disk is %i', (percent, rung) => {
    expect(rungs({ disks: [disk((percent * gibibyte * 100) / 100)] }).log).toBe(rung);
  });

  it('is past 50 % when the log was given back for it, and is not known after another mark', () => {
    const mark = {
      since: '',
      cause: '',
      prevention: '',
      disk: 'system.vhdx',
      byHand: false,
      nextWindowAt: null,
    };
    expect(rungs({ resync: { ...mark, code: 'HRL_THRESHOLD' } }).log).toBe(3);
    expect(rungs({ resync: { ...mark, code: 'HRL_CORRUPT' } }).log).toBeNull();
    expect(rungs({ resync: { ...mark, code: 'HRL_THRESHOLD', disk: 'data.vhd' } }).log).toBeNull();
  });

  it('is silent after an hour without replication', () => {
    const lastSyncAt = (minutes: number) => new Date(nowMs - minutes * 60_000).toISOString();
    expect(rungs({ lastSyncAt: lastSyncAt(59) }).silence).toBe(0);
    expect(rungs({ lastSyncAt: lastSyncAt(60) }).silence).toBe(1);
  });

  it('is no news during the first copy, unless that fails', () => {
    const first = { lastSyncAt: null, rpoSeconds: null, health: 'Warning' } as const;
    expect(rungs(first)).toMatchObject({ health: 0, rpo: null, silence: null });
    expect(rungs({ ...first, health: 'Critical' }).health).toBe(2);
    expect(rungs({ ...first, paused: true }).health).toBe(1);
  });

  it('is no news during a resynchronization that a person asked for, unless more is amiss', () => {
    const asked = { kind: 'resyncAsked', text: 'It is being resynchronized.', sinceMs: 1 } as const;
    const failed = { kind: 'retrying', text: 'The last attempt failed.', sinceMs: 2 } as const;
    expect(rungs({ health: 'Warning', healthReasons: [asked] }).health).toBe(0);
    expect(rungs({ health: 'Warning', healthReasons: [asked, failed] }).health).toBe(1);
    expect(rungs({ health: 'Critical', healthReasons: [asked] }).health).toBe(2);
  });
});

describe('how places stand for their alerts', () => {
  it.each([
    [100, 0],
    [9.9, 1],
    [4.9, 2],
  ])('a volume of 100 GB with %d GB free is %i', (free, rung) => {
    const space = { mount: '/vms', freeBytes: free * gibibyte, totalBytes: 100 * gibibyte };
    expect(volumeMeasure(space).rung).toBe(rung);
  });

  it.each([
    [15, 0],
    [14, 1],
    [3, 2],
    [-1, 2],
  ])('a signature that ends in %i days is %i', (days, rung) => {
    expect(signatureMeasure('cloud', nowMs + days * dayMs, nowMs).rung).toBe(rung);
  });
});

describe('the watch over volumes', () => {
  it('looks at each volume once, and says when one could not be asked', async () => {
    const watch = new VolumeWatch(async (directory) => {
      if (directory === '/away') throw new Error('ENOENT');
      return { mount: '/', freeBytes: gibibyte, totalBytes: 100 * gibibyte };
    });
    expect(await watch.look(['/a', '/b'])).toMatchObject({
      measures: [{ group: 'volume:/', rung: 2 }],
      isComplete: true,
    });
    expect(await watch.look(['/a', '/away'])).toMatchObject({ isComplete: false });
  });

  it('does not ask again what has not answered yet', async () => {
    let asked = 0;
    const answer = Promise.withResolvers<{ mount: string; freeBytes: number; totalBytes: number }>();
    const watch = new VolumeWatch(() => {
      asked += 1;
      return answer.promise;
    });
    const looks = [watch.look(['/a']), watch.look(['/a'])];
    answer.resolve({ mount: '/', freeBytes: 1, totalBytes: 2 });
    await Promise.all(looks);
    expect(asked).toBe(1);
  });
});
