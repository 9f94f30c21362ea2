import { describe, expect, it } from 'vitest';
import { boundedHost } from '../../../src/main/host/bounded-host.ts';
import type { FrozenVm, Host, HostVm } from '../../../src/main/host/host.ts';
import { FakeClock } from '../../support/fake-clock.ts';

const vm: HostVm = {
  id: 'vm',
  name: 'SRV1',
  path: 'SRV1',
  generation: 2,
  disks: [],
  unreadable: [],
  problems: [],
};

/** A host on a share that stops to answer: its calls end when the test says so. */
const silentHost = () => {
  const listing = Promise.withResolvers<readonly HostVm[]>();
  const freezing = Promise.withResolvers<FrozenVm>();
  const host: Host = {
    kind: 'folder',
    root: 'share',
    listVms: () => listing.promise,
    freeze: () => freezing.promise,
  };
  return { host, listing, freezing };
};

describe('a host that does not answer', () => {
  it('is given up after five minutes of listing and ten of freezing', async () => {
    const clock = new FakeClock();
    const bounded = boundedHost(silentHost().host, clock);
    const outcomes: unknown[] = [];
    void bounded.listVms().catch((error) => outcomes.push(error));
    void bounded.freeze(vm, []).catch((error) => outcomes.push(error));
    await clock.advance(299_000);
    expect(outcomes).toEqual([]);
    await clock.advance(2_000);
    expect(outcomes).toMatchObject([{ code: 'TIMED_OUT', class: 'recoverable', file: 'share' }]);
    await clock.advance(300_000);
    expect(outcomes[1]).toMatchObject({ code: 'TIMED_OUT', message: expect.stringContaining('SRV1') });
  });

  it('has its disks let go when it freezes them after all', async () => {
    const clock = new FakeClock();
    const { host, freezing } = silentHost();
    const outcome = boundedHost(host, clock)
      .freeze(vm, [])
      .catch((error: unknown) => error);
    await clock.advance(600_000);
    expect(await outcome).toMatchObject({ code: 'TIMED_OUT' });
    const { promise: released, resolve } = Promise.withResolvers<void>();
    freezing.resolve({
      disks: [],
      takenAtMs: 0,
      isConsistent: async () => true,
      release: async () => resolve(),
    });
    await released;
  });

  it('that answers in time leaves no timer behind', async () => {
    const clock = new FakeClock();
    const { host, listing } = silentHost();
    const list = boundedHost(host, clock).listVms();
    listing.resolve([vm]);
    expect(await list).toEqual([vm]);
    await clock.advance(600_000);
  });
});
