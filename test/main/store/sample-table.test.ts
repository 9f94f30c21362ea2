import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { openStore, type Store } from '../../../src/main/store/store.ts';
import { protectionRecord } from '../../support/records.ts';
import { temporaryFolder } from '../../support/temporary-folder.ts';

const folder = temporaryFolder();
const { vmId } = protectionRecord();
const hourMs = 3_600_000;
const startMs = 1_000 * 24 * hourMs;
const start = startMs / 1000;
let store: Store;

beforeEach(() => {
  store = openStore(join(folder(), 'hvrc.db'));
  store.protections.put(protectionRecord());
});
afterEach(() => store.close());

const values = (kind: string, tier: 'minute' | 'fiveMinutes' | 'hour', step: number) =>
  store.samples
    .list(vmId, tier, 0, step)
    .filter((sample) => sample.kind === kind)
    .map(({ at, value }) => [at - start, value]);

describe('samples', () => {
  it('become the greatest, the least or the sum of their step, in every tier', () => {
    for (const [second, value] of [
      [0, 10],
      [30, 40],
      [90, 20],
    ] as const) {
      store.samples.add(vmId, startMs + second * 1000, [
        { kind: 'rpo', subject: '', value },
        { kind: 'sent', subject: '', value },
        { kind: 'free', subject: '/', value },
      ]);
    }
    expect(values('rpo', 'minute', 60)).toEqual([
      [0, 40],
      [60, 20],
    ]);
    expect(values('sent', 'minute', 60)).toEqual([
      [0, 50],
      [60, 20],
    ]);
    expect(values('free', 'minute', 60)).toEqual([
      [0, 10],
      [60, 20],
    ]);
    expect(values('sent', 'fiveMinutes', 300)).toEqual([[0, 70]]);
    expect(values('free', 'hour', 3600)).toEqual([[0, 10]]);
    expect(values('sent', 'minute', 120)).toEqual([[0, 70]]);
  });

  it('know a value that could not be told from one that was not sampled', () => {
    store.samples.add(vmId, startMs, [{ kind: 'rpo', subject: '', value: null }]);
    expect(values('rpo', 'minute', 60)).toEqual([[0, null]]);
    store.samples.add(vmId, startMs, [{ kind: 'rpo', subject: '', value: 5 }]);
    store.samples.add(vmId, startMs, [{ kind: 'rpo', subject: '', value: null }]);
    expect(values('rpo', 'minute', 60)).toEqual([[0, 5]]);
  });

  it('are kept for a day by the minute, a week by five minutes, 32 days by the hour', () => {
    for (let hour = 0; hour <= 40 * 24; hour += 1)
      store.samples.add(vmId, startMs + hour * hourMs, [{ kind: 'rpo', subject: '', value: hour }]);
    store.samples.prune(startMs + 40 * 24 * hourMs);
    expect(values('rpo', 'minute', 60)).toHaveLength(26);
    expect(values('rpo', 'fiveMinutes', 300)).toHaveLength(7 * 24 + 2);
    expect(values('rpo', 'hour', 3600)).toHaveLength(32 * 24 + 1);
  });

  it('go with the protection', () => {
    store.samples.add(vmId, startMs, [{ kind: 'rpo', subject: '', value: 1 }]);
    store.protections.remove(vmId);
    expect(store.samples.list(vmId, 'minute', 0, 60)).toEqual([]);
  });
});
