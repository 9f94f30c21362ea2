/** Schemas of the reports that are kept in the store or come in over a socket, tied to their types. */

import { z } from 'zod';
import { isErrorCode } from './error-catalogue.ts';
import type { ErrorReport } from './errors.ts';
import { type JobResult, type JobStep, jobKinds, jobStates, stepStates } from './job-reports.ts';
import { type ReplicationState, replicationStates } from './model.ts';
import { resyncDiskSchema } from './resync.ts';

export const errorCodeSchema = z.string().refine(isErrorCode, 'is no code of the catalogue');

export const errorReportSchema: z.ZodType<ErrorReport> = z.object({
  code: errorCodeSchema,
  class: z.literal(['recoverable', 'nonRecoverable']),
  title: z.string(),
  message: z.string(),
  nextStep: z.string(),
  vm: z.string().exactOptional(),
  file: z.string().exactOptional(),
  offset: z.number().exactOptional(),
  cause: z.string().exactOptional(),
  retryAfterMs: z.number().exactOptional(),
});

export const replicationStateSchema = z.literal(Object.keys(replicationStates) as ReplicationState[]);
export const consistencySchema = z.literal(['application', 'crash', 'fuzzy']);
export const diskFormatSchema = z.literal(['raw', 'vhd', 'vhdx']);

export const cycleResultSchema = z.object({
  kind: z.literal('cycle'),
  vm: z.string(),
  changedBytes: z.number(),
  sentBytes: z.number(),
  blocksCompared: z.number(),
  blocksChanged: z.number(),
  durationMs: z.number(),
  consistency: consistencySchema,
  point: z.string().nullable(),
});

export const jobStepSchema: z.ZodType<JobStep> = z.object({
  name: z.string(),
  state: z.literal(stepStates),
  startedAt: z.string().nullable(),
  endedAt: z.string().nullable(),
  percent: z.number().nullable(),
  weight: z.number().exactOptional(),
});

export const jobKindSchema = z.literal(jobKinds);
export const jobStateSchema = z.literal(jobStates);

export const jobResultSchema: z.ZodType<JobResult> = z.discriminatedUnion('kind', [
  cycleResultSchema,
  z.object({
    kind: z.literal('initial'),
    vm: z.string(),
    sentBytes: z.number(),
    skippedBytes: z.number(),
    durationMs: z.number(),
    consistency: consistencySchema,
    point: z.string().nullable(),
  }),
  z.object({
    kind: z.literal('resync'),
    vm: z.string(),
    comparedBlocks: z.number(),
    differentBlocks: z.number(),
    sentBytes: z.number(),
    durationMs: z.number(),
    savedBytes: z.number().exactOptional(),
    resumed: z.boolean().exactOptional(),
    point: z.string().nullable().exactOptional(),
    appliedBytes: z.number().exactOptional(),
    consistency: consistencySchema.exactOptional(),
    disks: z.array(resyncDiskSchema.omit({ map: true })).exactOptional(),
  }),
  z.object({
    kind: z.literal('verify'),
    vm: z.string(),
    blocks: z.number(),
    differentBlocks: z.number(),
    identical: z.boolean(),
    firstDifferences: z.array(z.object({ disk: z.string(), offset: z.number(), lengthBytes: z.number() })),
    durationMs: z.number(),
  }),
  z.object({
    kind: z.literal('restore'),
    vm: z.string(),
    point: z.string(),
    pointTakenAt: z.string(),
    consistency: consistencySchema,
    files: z.array(z.object({ disk: z.string(), path: z.string(), sizeBytes: z.number() })),
    verified: z.boolean(),
    durationMs: z.number(),
  }),
  z.object({ kind: z.literal('protect'), vm: z.string(), vault: z.string(), initialJob: z.number() }),
  z.object({ kind: z.literal('finalize'), vm: z.string() }),
  z.object({
    kind: z.literal('change'),
    vm: z.string(),
    frequencySeconds: z.number(),
    retentionPoints: z.number(),
    retentionHours: z.number().nullable().default(null),
    uploadThreads: z.number().nullable().default(null),
    dropsOlder: z.boolean().exactOptional(),
    droppedPoints: z.number().exactOptional(),
  }),
  z.object({
    kind: z.literal('disks'),
    vm: z.string(),
    included: z.array(z.string()),
    excluded: z.array(z.string()),
    copyJob: z.number().nullable(),
  }),
  z.object({ kind: z.literal('vault'), vault: z.string(), target: z.string() }),
  z.object({ kind: z.literal('unprotect'), vm: z.string(), replicaDeleted: z.boolean() }),
]);
