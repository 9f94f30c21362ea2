import { AttemptTable } from './attempt-table.ts';
import { carryHistory } from './carry-history.ts';
import { type ComparisonRecord, comparisonRecord } from './comparison-record.ts';
import { JobTable } from './job-table.ts';
import { JournalTable } from './journal-table.ts';
import { KeyedTable } from './keyed-table.ts';
import { knownDisk, knownProtection } from './known.ts';
import {
  type CycleRecord,
  cycleRecord,
  type EventRecord,
  eventRecord,
  type ProtectedDiskRecord,
  type ProtectionRecord,
  protectedDiskRecord,
  protectionRecord,
  type VaultRecord,
  vaultRecord,
} from './records.ts';
import { type ResyncRecord, resyncRecord } from './resync-record.ts';
import { SampleTable } from './sample-table.ts';
import { Settings } from './settings.ts';
import { type StatisticsState, StatisticsTable, statisticsState } from './statistics-table.ts';
import { StoreFile } from './store-file.ts';

/** What the engine remembers, in one SQLite database (WAL). Every error is of the catalogue: STORE_* or VOLUME_LOW_SPACE. */
export interface Store {
  readonly path: string;
  readonly settings: Settings;
  /** By name. */
  readonly vaults: KeyedTable<[name: string], VaultRecord>;
  /** By VM id. Removing one removes its disks. */
  readonly protections: KeyedTable<[vmId: string], ProtectionRecord>;
  /** By VM id and disk id; `list(vmId)` gives a VM's. A disk needs its protection. */
  readonly protectedDisks: KeyedTable<[vmId: string, diskId: string], ProtectedDiskRecord>;
  /** By VM id: the last resynchronization of each. One needs its protection. */
  readonly comparisons: KeyedTable<[vmId: string], ComparisonRecord>;
  readonly jobs: JobTable;
  readonly attempts: AttemptTable;
  readonly cycles: JournalTable<CycleRecord>;
  readonly events: JournalTable<EventRecord>;
  /** What is sampled of each VM; goes with its protection. */
  readonly samples: SampleTable;
  /** What its cycles came to, by the hour; goes with its protection. */
  readonly statistics: StatisticsTable;
  readonly statisticsState: KeyedTable<[vmId: string], StatisticsState>;
  /** Why VMs were marked for resynchronization, and what came of it. */
  readonly resyncs: JournalTable<ResyncRecord>;
  /** Everything that `change` writes, or nothing of it; durable when it returns. `change` must not be async. */
  transaction<T>(change: () => T): T;
  /** The same without waiting for the disk: a power cut may undo it. For what only tells a story. */
  relaxed<T>(change: () => T): T;
  /** Looks at every record. @throws ReplicationError `STORE_DAMAGED` when one is not what it should be */
  check(): void;
  /** Takes over events, jobs and statistics of a database that was set aside. @throws when any of it is not whole */
  takeHistory(fromPath: string): void;
  /** Calls `tell` at once when something is written that `known.json` tells, perhaps before it is committed. */
  followKnown(tell: () => void): void;
  close(): void;
}

/**
 * Opens or creates the database. An existing one is checked whole before anything writes to it.
 * @throws ReplicationError `STORE_DAMAGED` (the file is left as it is), `STORE_UNSUPPORTED`, `STORE_FAILED`,
 *   `DATA_DIRECTORY_UNUSABLE`
 */
export const openStore = (path: string): Store => {
  const file = new StoreFile(path);
  const ofVm = ({ vmId }: { readonly vmId: string | null }) => ({ vm_id: vmId });
  const store: Store = {
    path,
    settings: new Settings(file),
    vaults: new KeyedTable(file, {
      table: 'vaults',
      keys: ['name'],
      keyOf: ({ name }): [string] => [name],
      schema: vaultRecord,
      known: (vault) => vault,
    }),
    protections: new KeyedTable(file, {
      table: 'protections',
      keys: ['vm_id'],
      keyOf: ({ vmId }): [string] => [vmId],
      schema: protectionRecord,
      known: (vm) => knownProtection(vm, []),
    }),
    protectedDisks: new KeyedTable(file, {
      table: 'protected_disks',
      keys: ['vm_id', 'disk_id'],
      keyOf: ({ vmId, diskId }): [string, string] => [vmId, diskId],
      schema: protectedDiskRecord,
      known: knownDisk,
    }),
    comparisons: new KeyedTable(file, {
      table: 'comparisons',
      keys: ['vm_id'],
      keyOf: ({ vmId }): [string] => [vmId],
      schema: comparisonRecord,
    }),
    jobs: new JobTable(file),
    attempts: new AttemptTable(file),
    cycles: new JournalTable(file, { table: 'cycles', schema: cycleRecord, columns: ofVm, keep: 50_000 }),
    events: new JournalTable(file, { table: 'events', schema: eventRecord, columns: ofVm, keep: 10_000 }),
    samples: new SampleTable(file),
    statistics: new StatisticsTable(file),
    statisticsState: new KeyedTable(file, {
      table: 'statistics_state',
      keys: ['vm_id'],
      keyOf: ({ vmId }): [string] => [vmId],
      schema: statisticsState,
    }),
    resyncs: new JournalTable(file, { table: 'resyncs', schema: resyncRecord, columns: ofVm, keep: 5_000 }),
    transaction: (change) => file.transaction(change),
    relaxed: (change) => file.transaction(change, 'normal'),
    check: () => checkRecords(store),
    takeHistory: (fromPath) => carryHistory(fromPath, file),
    followKnown: (tell) => {
      file.onKnownChange = tell;
    },
    close: () => file.close(),
  };
  return store;
};

const checkRecords = ({ settings, ...tables }: Store): void => {
  settings.all();
  for (const name of ['vaults', 'protections', 'protectedDisks', 'comparisons', 'statisticsState'] as const)
    tables[name].list();
  for (const name of ['jobs', 'attempts', 'cycles', 'events', 'resyncs'] as const) tables[name].check();
  tables.jobs.notEnded();
};
