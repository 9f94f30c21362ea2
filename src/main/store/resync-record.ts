import { z } from 'zod';
import { errorCodeSchema, errorReportSchema } from '../../contract/report-schemas.ts';

const moment = z.number().int().min(0);
const count = z.number().int().min(0);

/** Failed attempts at something, and when the next one comes. */
export const retryRecord = z.object({
  attempts: z.number().int().min(1),
  firstFailureAtMs: moment,
  nextAttemptAtMs: moment,
  lastError: errorReportSchema,
});

/** Why and since when a VM must be resynchronized, and what a person has said about it. */
export const resyncMark = z.object({
  code: errorCodeSchema,
  message: z.string(),
  sinceMs: moment,
  /** Name of the disk that it came from; absent when it is not one disk's. */
  disk: z.string().optional(),
  /** When a person asked for the resynchronization: it runs at once, whatever the window. */
  askedAtMs: moment.optional(),
  /** Nothing was wrong: the mark came from the asking alone. */
  byHandOnly: z.boolean().optional(),
  /** A person cancelled it: not by itself before then; null: not before a person asks. */
  holdUntilMs: moment.nullable().optional(),
  /** Its entry in the history. */
  historyId: z.number().int().positive().optional(),
  /** `disks`: only the disks with a mark of their own are out, the others are replicated on; absent: the whole VM is. */
  scope: z.literal('disks').optional(),
  /** With `scope`: its failed attempts, which are not those of the cycles that go on. */
  retry: retryRecord.optional(),
});
export type ResyncMark = Readonly<z.infer<typeof resyncMark>>;

/** Why and since when one disk is out of its VM's replication. */
export const diskMark = z.object({
  code: errorCodeSchema,
  message: z.string(),
  sinceMs: moment,
  /** Its entry in the history. */
  historyId: z.number().int().positive().optional(),
  /** Nothing is wrong: the disk was included, and is copied for the first time. */
  joins: z.boolean().optional(),
});
export type DiskMark = Readonly<z.infer<typeof diskMark>>;

/** One mark of a VM, from its cause to the resynchronization that resolved it. */
export const resyncRecord = z.object({
  vmId: z.string(),
  vm: z.string(),
  code: errorCodeSchema,
  message: z.string(),
  prevention: z.string(),
  disk: z.string().nullable(),
  markedAtMs: moment,
  /** Whether a person asked for it, rather than its window. */
  byHand: z.boolean(),
  /** When the VM was in order again; null while it is not. */
  resolvedAtMs: moment.nullable(),
  /** What the comparison that resolved it came to; null until then, and where a crash took it. */
  outcome: z
    .object({
      comparedBlocks: count,
      differentBlocks: count,
      sentBytes: count,
      durationMs: z.number().min(0),
    })
    .nullable(),
});
export type ResyncRecord = Readonly<z.infer<typeof resyncRecord>>;
