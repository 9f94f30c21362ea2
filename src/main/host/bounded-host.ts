import { ReplicationError } from '../../contract/errors.ts';
import type { Clock } from '../platform/clock.ts';
import type { FrozenVm, Host, HostVm } from './host.ts';

/** Far beyond what a healthy host takes, for a share that has stopped to answer. */
const listLimitMs = 5 * 60_000;
const freezeLimitMs = 10 * 60_000;

/** A host whose calls end in time. @throws ReplicationError `TIMED_OUT`, beside what the host throws */
export const boundedHost = (host: Host, clock: Clock): Host => ({
  kind: host.kind,
  root: host.root,
  listVms: () => within(clock, listLimitMs, host, 'list its VMs', host.listVms()),
  freeze: async (vm: HostVm, diskIds: readonly string[]): Promise<FrozenVm> => {
    const freezing = host.freeze(vm, diskIds);
    try {
      const what = `hold the disks of ${vm.name} still`;
      return bounded(clock, host, vm, await within(clock, freezeLimitMs, host, what, freezing));
    } catch (error) {
      // Nobody waits for it any more: what it holds, should it come after all, is let go.
      freezing.then((frozen) => frozen.release()).catch(() => undefined);
      throw error;
    }
  },
});

const bounded = (clock: Clock, host: Host, vm: HostVm, frozen: FrozenVm): FrozenVm => ({
  disks: frozen.disks,
  takenAtMs: frozen.takenAtMs,
  isConsistent: () =>
    within(clock, listLimitMs, host, `look at the disks of ${vm.name}`, frozen.isConsistent()),
  release: () => within(clock, listLimitMs, host, `let the disks of ${vm.name} go`, frozen.release()),
});

const within = async <T>(
  clock: Clock,
  limitMs: number,
  host: Host,
  what: string,
  work: Promise<T>,
): Promise<T> => {
  const done = new AbortController();
  const expiry = clock.wait(limitMs, done.signal).then((): never => {
    const text = `The host at ${host.root} took more than ${limitMs / 60_000} minutes to ${what}.`;
    throw new ReplicationError('TIMED_OUT', text, { file: host.root });
  });
  try {
    return await Promise.race([work, expiry]);
  } finally {
    // The wait ends early with this; its rejection is nobody's.
    expiry.catch(() => undefined);
    done.abort();
  }
};
