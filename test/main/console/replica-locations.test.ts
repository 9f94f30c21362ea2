import { join } from 'node:path';
import { setImmediate } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { ReplicationError } from '../../../src/contract/errors.ts';
import { ReplicaLocations } from '../../../src/main/console/replica-locations.ts';
import { openStore, type Store } from '../../../src/main/store/store.ts';
import type { ReplicaVault } from '../../../src/main/vault/replica-vault.ts';
import { FakeClock } from '../../support/fake-clock.ts';
import { protectedDiskRecord, protectionRecord } from '../../support/records.ts';
import { temporaryFolder } from '../../support/temporary-folder.ts';

const folder = temporaryFolder();
const clock = new FakeClock();
const disk = protectedDiskRecord();
let store: Store;
let asked: number;
let answer: () => string;
let waits: Promise<void>;

beforeEach(() => {
  store = openStore(join(folder(), 'hvrc.db'));
  for (const vmId of ['vm-1', 'vm-2', 'vm-3']) {
    store.protections.put(protectionRecord({ vmId }));
    store.protectedDisks.put({ ...disk, vmId });
  }
  asked = 0;
  waits = Promise.resolve();
  answer = () => '/vault/system.vhdx';
});
afterEach(() => store.close());

/** As of a new process. */
const locations = () =>
  new ReplicaLocations(
    store,
    {
      with: async (_name, use) => {
        asked += 1;
        await waits;
        const location = answer();
        const reader = { diskStates: async () => [{ diskId: disk.diskId, location }], close: async () => {} };
        return use({ readVm: async () => reader } as unknown as ReplicaVault);
      },
    },
    clock,
  );
const away = () => {
  throw new ReplicationError('VAULT_UNREACHABLE', 'The share is away.');
};

describe('where the replicas of a VM are', () => {
  it('is asked of the vault once, and of no vault by the next process', async () => {
    const first = locations();
    for (let round = 0; round < 3; round += 1)
      expect([...(await first.of('vm-1'))]).toEqual([[disk.diskId, '/vault/system.vhdx']]);
    expect(asked).toBe(1);
    answer = away;
    expect((await locations().of('vm-1')).get(disk.diskId)).toBe('/vault/system.vhdx');
    expect(asked).toBe(1);
  });

  it('is asked once in 30 seconds of a vault that is away, whatever the number of its VMs', async () => {
    answer = away;
    const known = locations();
    for (const vmId of ['vm-1', 'vm-2', 'vm-3', 'vm-1']) expect((await known.of(vmId)).size).toBe(0);
    expect(asked).toBe(1);
    await clock.advance(29_000);
    await known.of('vm-2');
    expect(asked).toBe(1);
    answer = () => '/vault/system.vhdx';
    await clock.advance(1_000);
    expect((await known.of('vm-2')).get(disk.diskId)).toBe('/vault/system.vhdx');
    expect(asked).toBe(2);
  });

  it('is waited for a moment only, once for a vault that never answers, and known when it has answered', async () => {
    const known = locations();
    const { promise: silence, resolve: speak } = Promise.withResolvers<void>();
    waits = silence;
    const all = Promise.all(['vm-1', 'vm-2', 'vm-3'].map((vmId) => known.of(vmId)));
    await clock.advance(300);
    expect((await all).map(({ size }) => size)).toEqual([0, 0, 0]);
    // The clock stands still: nobody waits any more.
    expect((await known.of('vm-3')).size).toBe(0);
    expect(asked).toBe(1);
    speak();
    while ((await known.of('vm-3')).size === 0) await setImmediate();
    expect((await known.of('vm-1')).size).toBe(1);
    expect(asked).toBe(3);
  });

  it('that comes after the end is forgotten', async () => {
    const known = locations();
    const { promise: silence, resolve: speak } = Promise.withResolvers<void>();
    waits = silence;
    const first = known.of('vm-1');
    await clock.advance(300);
    expect((await first).size).toBe(0);
    known.close();
    speak();
    for (let turn = 0; turn < 5; turn += 1) await setImmediate();
    expect(store.protectedDisks.get('vm-1', disk.diskId)?.replica).toBeUndefined();
  });

  it('is asked of a vault that was away as soon as it has confirmed a cut', async () => {
    answer = away;
    const known = locations();
    await known.of('vm-1');
    answer = () => '/vault/system.vhdx';
    expect((await known.of('vm-1')).size).toBe(0);
    store.protections.put(protectionRecord({ vmId: 'vm-1', committedCut: 8 }));
    expect((await known.of('vm-1')).get(disk.diskId)).toBe('/vault/system.vhdx');
    expect(asked).toBe(2);
  });

  it('of a VM whose replica is missing does not keep those of others from being asked for', async () => {
    const known = locations();
    answer = () => {
      throw new ReplicationError('REPLICA_MISSING', 'There is none.');
    };
    await known.of('vm-1');
    await known.of('vm-1');
    expect(asked).toBe(1);
    answer = () => '/vault/system.vhdx';
    expect((await known.of('vm-2')).size).toBe(1);
  });

  it('stays the last one known while a disk that was copied anew cannot be asked about, and is asked for then', async () => {
    const known = locations();
    await known.of('vm-1');
    answer = away;
    store.protectedDisks.put({
      ...store.protectedDisks.get('vm-1', disk.diskId)!,
      lineage: 'another lineage',
    });
    expect((await known.of('vm-1')).get(disk.diskId)).toBe('/vault/system.vhdx');
    await clock.advance(30_000);
    answer = () => '/vault/system-2.vhdx';
    expect((await known.of('vm-1')).get(disk.diskId)).toBe('/vault/system-2.vhdx');
    expect(asked).toBe(3);
  });
});
