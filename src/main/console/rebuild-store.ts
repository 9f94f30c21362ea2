import { rmSync } from 'node:fs';
import { z } from 'zod';
import { ReplicationError } from '../../contract/errors.ts';
import type { RebuiltReport } from '../../contract/rebuilt.ts';
import { renameDurably } from '../platform/durable.ts';
import { stateOf } from '../replication/plan.ts';
import { generationSetting, type Known, type KnownProtection } from '../store/known.ts';
import type { EventRecord, ProtectedDiskRecord, ProtectionRecord } from '../store/records.ts';
import type { ResyncMark } from '../store/resync-record.ts';
import type { Setting } from '../store/settings.ts';
import { openStore, type Store } from '../store/store.ts';
import { nothingReplicated } from './nothing-replicated.ts';

const rebuiltSetting: Setting<{ atMs: number; text: string }> = {
  key: 'store.rebuilt',
  schema: z.object({ atMs: z.number().int(), text: z.string() }),
};

const toldForMs = 24 * 3_600_000;

/** What reports tell of a database that was rebuilt; nothing when it is long ago, or never happened. */
export const rebuiltNotice = (
  { settings, protections }: Store,
  nowMs: number,
): { readonly rebuilt?: RebuiltReport } => {
  const rebuilt = settings.get(rebuiltSetting);
  if (rebuilt === null) return {};
  const { atMs, text } = rebuilt;
  const waitingVms = protections.list().filter(({ rebuiltAtMs }) => rebuiltAtMs !== undefined).length;
  if (waitingVms === 0 && nowMs - atMs > toldForMs) return {};
  return { rebuilt: { at: new Date(atMs).toISOString(), text, waitingVms } };
};

/** What a database is rebuilt from. */
export interface Remains {
  readonly known: Known | null;
  /** The damaged one, where it was set aside; null when nothing was left of it. */
  readonly asidePath: string | null;
}

/**
 * Writes a database from `known.json`, under another name until it is complete: one that is there is whole. VMs come back
 * as they are known; where replication of them stands, their first cycle reads from vaults, digest tables and logs. The
 * history is taken over where all of it can be read. Returns what is told of it.
 * @param describe that text, by whether the history was kept
 */
export const rebuildStore = (
  path: string,
  { known, asidePath }: Remains,
  describe: (historyKept: boolean) => string,
  nowMs: number,
): string => {
  const temporary = `${path}.rebuilding`;
  const attempt = (from: string | null): string => {
    const text = describe(from !== null);
    writeStore(temporary, known, from, text, nowMs);
    return text;
  };
  let text: string;
  try {
    text = attempt(asidePath);
  } catch (error) {
    if (asidePath === null || isOfVolume(error)) throw error;
    // The story of the damaged one cannot be read: it is lost, and told to be.
    text = attempt(null);
  }
  renameDurably(temporary, path);
  return text;
};

const isOfVolume = (error: unknown): boolean =>
  error instanceof ReplicationError && error.code !== 'STORE_DAMAGED' && error.code !== 'STORE_FAILED';

const writeStore = (
  temporary: string,
  known: Known | null,
  historyFrom: string | null,
  text: string,
  nowMs: number,
): void => {
  for (const suffix of ['', '-wal', '-shm']) rmSync(`${temporary}${suffix}`, { force: true });
  const store = openStore(temporary);
  try {
    store.transaction(() => {
      if (known !== null) restore(store, known, nowMs);
      if (historyFrom !== null) store.takeHistory(historyFrom);
      store.settings.put(rebuiltSetting, { atMs: nowMs, text });
      const event: EventRecord = {
        atMs: nowMs,
        level: 'warning',
        code: 'STORE_DAMAGED',
        vmId: null,
        vm: null,
        disk: null,
        text,
      };
      store.events.add(event);
    });
    store.check();
  } finally {
    // The last connection that closes leaves one file, with everything in it.
    store.close();
  }
};

const restore = (store: Store, known: Known, nowMs: number): void => {
  const schema = z.json();
  for (const [key, value] of Object.entries(known.settings)) store.settings.put({ key, schema }, value);
  store.settings.put(generationSetting, known.generation);
  for (const vault of known.vaults) store.vaults.put(vault);
  for (const vm of known.protections) {
    const disks = vm.disks.map(
      (disk): ProtectedDiskRecord => ({
        ...disk,
        vmId: vm.vmId,
        logBaseCut: 0,
        initialStamps: null,
        lastScan: null,
        hrl: { bytes: 0, degraded: null },
        marked: null,
      }),
    );
    const record = protectionOf(vm, nowMs);
    store.protections.put({ ...record, state: stateOf(record, disks, false) });
    for (const disk of disks) store.protectedDisks.put(disk);
  }
};

const protectionOf = (vm: KnownProtection, nowMs: number): ProtectionRecord => {
  const { cutsBelow, hasReplica, disks: _disks, resync, ...known } = vm;
  return {
    ...known,
    ...nothingReplicated,
    resync: resync === null ? null : withoutHistory(resync),
    state: 'Replicating',
    cut: cutsBelow,
    // Which one it is, the vault says.
    committedCut: hasReplica ? 1 : 0,
    rebuiltAtMs: nowMs,
  };
};

/** Its entry is lost with the history; where the other disks stood is lost too: a mark of one disk is one of the VM now. */
const withoutHistory = ({ historyId: _, scope: _scope, retry: _retry, ...mark }: ResyncMark): ResyncMark =>
  mark;
