import { rmSync } from 'node:fs';
import { z } from 'zod';
import type { RebuiltReport } from '../../contract/rebuilt.ts';
import { renameDurably } from '../platform/durable.ts';
import { stateOf } from '../replication/plan.ts';
import type { Known, KnownProtection } from '../store/known.ts';
import type { EventRecord, ProtectedDiskRecord, ProtectionRecord } from '../store/records.ts';
import type { ResyncMark } from '../store/resync-record.ts';
import type { Setting } from '../store/settings.ts';
import { openStore, type Store } from '../store/store.ts';

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

/**
 * Writes a database from `known.json`, under another name until it is complete: one that is there is whole. VMs come back
 * as they are known; where replication of them stands, their first cycle reads from vaults, digest tables and logs.
 */
export const rebuildStore = (path: string, known: Known | null, text: string, nowMs: number): void => {
  const temporary = `${path}.rebuilding`;
  for (const suffix of ['', '-wal', '-shm']) rmSync(`${temporary}${suffix}`, { force: true });
  const store = openStore(temporary);
  try {
    store.transaction(() => {
      if (known !== null) restore(store, known, nowMs);
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
  } finally {
    // The last connection that closes leaves one file, with everything in it.
    store.close();
  }
  renameDurably(temporary, path);
};

const restore = (store: Store, known: Known, nowMs: number): void => {
  const schema = z.json();
  for (const [key, value] of Object.entries(known.settings)) store.settings.put({ key, schema }, value);
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
    resync: resync === null ? null : withoutHistory(resync),
    state: 'Replicating',
    cut: cutsBelow,
    // Which one it is, the vault says.
    committedCut: hasReplica ? 1 : 0,
    lastSyncAtMs: null,
    committedConsistency: null,
    unsent: null,
    shipment: null,
    direct: null,
    nextSequence: 1,
    lastCycle: null,
    nextCycleAtMs: null,
    retry: null,
    error: null,
    rebuiltAtMs: nowMs,
  };
};

/** Its entry is lost with the history; where the other disks stood is lost too: a mark of one disk is one of the VM now. */
const withoutHistory = ({ historyId: _, scope: _scope, retry: _retry, ...mark }: ResyncMark): ResyncMark =>
  mark;
