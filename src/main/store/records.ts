/** What the store keeps. `…Ms` are milliseconds since the epoch; never a secret in any of them. */

import { z } from 'zod';
import {
  consistencySchema,
  cycleResultSchema,
  diskFormatSchema,
  errorCodeSchema,
  errorReportSchema,
  jobKindSchema,
  jobResultSchema,
  jobStateSchema,
  jobStepSchema,
  replicationStateSchema,
} from '../../contract/report-schemas.ts';
import { eventLevels } from '../../contract/reports.ts';
import { diskMark, resyncMark, retryRecord } from './resync-record.ts';
import { unprotectedRecord } from './unprotected-record.ts';

const moment = z.number().int().min(0);
const bytes = z.number().int().min(0);

export const vaultRecord = z.object({
  /** Identity of the entry here; `vaultId` is what the vault calls itself. */
  id: z.string(),
  name: z.string(),
  kind: z.literal(['directory', 'azure']),
  target: z.string(),
  vaultId: z.string(),
  addedAtMs: moment,
});
export type VaultRecord = Readonly<z.infer<typeof vaultRecord>>;

/** A cut of all of a VM's disks at one source time. */
const cutRecord = z.object({
  cut: z.number().int().min(1),
  takenAtMs: moment,
  consistency: consistencySchema,
});
export type CutRecord = Readonly<z.infer<typeof cutRecord>>;

export const protectionRecord = z.object({
  vmId: z.string(),
  name: z.string(),
  path: z.string(),
  vaultName: z.string(),
  frequencySeconds: z.number().int().positive(),
  retentionPoints: z.number().int().positive(),
  /** Recovery points older than this go; null, or left out by earlier versions, for no such limit. */
  retentionHours: z.number().int().min(0).nullable().optional(),
  /** Requests in flight to a storage account; null, or left out by earlier versions, for what the settings say. */
  uploadThreads: z.number().int().min(1).nullable().optional(),
  state: replicationStateSchema,
  pausedAtMs: moment.nullable(),
  protectedAtMs: moment,
  /** The last cut assigned to a log or a delta; never assigned twice, hence written durably before it is used. */
  cut: z.number().int().min(0),
  /** The last cut that the vault confirmed. */
  committedCut: z.number().int().min(0),
  /** Source time of `committedCut`; RPO counts from here. */
  lastSyncAtMs: moment.nullable(),
  /** How consistent `committedCut` is; null before the first. */
  committedConsistency: consistencySchema.nullable(),
  /** The last cut that is in the active logs and not yet on its way. */
  unsent: cutRecord.nullable(),
  /** Logs that were sealed (or are about to be) and that the vault has not confirmed. */
  shipment: cutRecord
    .extend({
      sequence: z.number().int().min(1),
      /** What was sealed, and the cut each log ends with; null until every log is sealed. */
      logs: z.array(z.object({ diskId: z.string(), lastCut: z.number().int().min(1) })).nullable(),
    })
    .nullable(),
  /**
   * A cut that is staged at the vault without a log, and whose digests wait to be taken over; what each disk's files
   * looked like when it was read.
   */
  direct: cutRecord
    .extend({ disks: z.array(z.object({ diskId: z.string(), stamps: z.json().nullable() })) })
    .nullable(),
  /** Number of the next log to be sealed; never used twice. */
  nextSequence: z.number().int().min(1),
  lastCycle: cycleResultSchema.nullable(),
  nextCycleAtMs: moment.nullable(),
  /** When the first copy may begin; at once when there is none. */
  initialStartAtMs: moment.optional(),
  retry: retryRecord.nullable(),
  /** A non-recoverable error that stopped replication until somebody acts. */
  error: errorReportSchema.nullable(),
  resync: resyncMark.nullable(),
  /** The health that the last event about it told; Normal before the first. */
  toldHealth: z.literal(['Normal', 'Warning', 'Critical']).optional(),
  /** Disks that the VM had at the last look and that are neither protected nor excluded; absent when there are none. */
  unprotected: z.array(unprotectedRecord).optional(),
  /** When the record was rebuilt after a damage of the database; absent once vault and logs have said where the VM stands. */
  rebuiltAtMs: moment.optional(),
});
export type ProtectionRecord = Readonly<z.infer<typeof protectionRecord>>;

export const protectedDiskRecord = z.object({
  vmId: z.string(),
  /** The disk's name in logs, tables and vaults: stays when another disk takes its place. */
  diskId: z.string(),
  /** What the host calls the disk in its place now, where that is another one. */
  hostDiskId: z.string().optional(),
  name: z.string(),
  /** The tip when last seen, and the chain's root. */
  path: z.string(),
  rootPath: z.string(),
  sizeBytes: bytes,
  sectorBytes: bytes,
  format: diskFormatSchema,
  isOs: z.boolean(),
  excluded: z.boolean(),
  lineage: z.string().nullable(),
  /** Where the vault said that the replica is, and for which lineage it said so. */
  replica: z.object({ location: z.string(), lineage: z.string() }).optional(),
  phase: z.literal(['pending', 'initial', 'complete']),
  /** The cut that the disk's next log builds on: the one its last sealed log, or its initial replica, ended with. */
  logBaseCut: z.number().int().min(0),
  /** What the files looked like when the initial replication under way began to read them. */
  initialStamps: z.json().nullable(),
  /** What the files looked like at the last scan; what it found is in the log, the bitmap or the replica. */
  lastScan: z.object({ cut: z.number().int().min(0), stamps: z.json() }).nullable(),
  /**
   * The disk's logs together. `degraded` while there is no room for more of them: the last scan's changed blocks are in
   * a bitmap, unless they were sent.
   */
  hrl: z.object({
    bytes,
    degraded: z
      .object({
        sinceMs: moment,
        changedBlocks: z.number().int().min(0),
        /** Whether it was the volume or the log's own limit; the volume where it is absent. */
        cause: z.literal(['space', 'growth']).optional(),
      })
      .nullable(),
    /** The share of the disk's size, in percent, that the logs were warned of for last, and since when. */
    warned: z.object({ percent: z.number(), sinceMs: moment }).nullable().optional(),
  }),
  /** Set while this disk alone must be resynchronized: it is neither tracked nor sent, the VM's others are. */
  marked: diskMark.nullable().optional(),
});
export type ProtectedDiskRecord = Readonly<z.infer<typeof protectedDiskRecord>>;

export const jobRecord = z.object({
  kind: jobKindSchema,
  vmId: z.string(),
  vm: z.string(),
  state: jobStateSchema,
  steps: z.array(jobStepSchema),
  startedAtMs: moment,
  endedAtMs: moment.nullable(),
  percent: z.number().nullable(),
  error: errorReportSchema.nullable(),
  nextAttemptAtMs: moment.nullable(),
  result: jobResultSchema.nullable(),
  /** What was asked for, without secrets: what it takes to go on after a restart, or to do it again. */
  input: z.record(z.string(), z.json()).optional(),
  /** What it waits for, where its state does not say. */
  blockedOn: z.string().nullable().optional(),
});
export type JobRecord = Readonly<z.infer<typeof jobRecord>>;

/** One try at a VM's cycle, initial replication or resynchronization. */
export const attemptRecord = z.object({
  vmId: z.string(),
  /** When it began; older versions noted only its end, `atMs`. */
  startedAtMs: moment.optional(),
  atMs: moment,
  what: jobKindSchema,
  outcome: z.literal(['succeeded', 'failed', 'cancelled']),
  error: errorReportSchema.nullable(),
  nextAttemptAtMs: moment.nullable(),
});
export type AttemptRecord = Readonly<z.infer<typeof attemptRecord>>;

/** One cycle of a VM for RPO and health statistics. */
export const cycleRecord = z.object({
  vmId: z.string(),
  /** When the cycle was due and when it ended. */
  dueAtMs: moment,
  endedAtMs: moment,
  outcome: z.literal(['succeeded', 'failed', 'missed']),
  sentBytes: bytes,
  /** From the source time of the cut to its confirmation by the vault. */
  latencyMs: z.number().min(0).nullable(),
});
export type CycleRecord = Readonly<z.infer<typeof cycleRecord>>;

export const eventRecord = z.object({
  atMs: moment,
  level: z.literal(eventLevels),
  code: errorCodeSchema.nullable(),
  vmId: z.string().nullable(),
  vm: z.string().nullable(),
  disk: z.string().nullable(),
  text: z.string(),
});
export type EventRecord = Readonly<z.infer<typeof eventRecord>>;

/** A record with the number the store gave it. */
export type Numbered<R> = R & { readonly id: number };
