/**
 * What is seen of a resynchronization, while it runs and afterwards: figures and a compact map for each disk. Bytes and
 * blocks are those of the disk; a block is 32 KiB.
 */

import { z } from 'zod';
import type { StepText } from './engine-phrases.ts';

export const resyncSteps = ['check', 'track', 'compare', 'send', 'apply'] as const;
export type ResyncStep = (typeof resyncSteps)[number];

/** What the job's steps are called, in this order; a disk that must be copied anew adds one of its own. */
export const resyncStepNames: Readonly<Record<ResyncStep, StepText>> = {
  check: 'Check the disks',
  track: 'Restart tracking',
  compare: 'Compare',
  send: 'Send',
  apply: 'Apply',
};

/** No map has more cells, however large its disk. */
export const mostMapCells = 4096;

/** What a cell says of its blocks, in the order of their two-bit numbers. The worst of its blocks counts. */
export const cellStates = ['pending', 'same', 'different', 'sent'] as const;
/** `pending`: not compared yet. `different`: on its way. `sent`: different, and confirmed by the vault. */
export type CellState = (typeof cellStates)[number];

/** The block map of one disk: `cells` cells of `blocksPerCell` blocks, the last one possibly fewer. */
export const resyncMapSchema = z.object({
  blocksPerCell: z.int().min(1),
  cells: z.int().min(1).max(mostMapCells),
  /** Base64 of two bits a cell, the first cell in the lowest bits of the first byte. */
  states: z.string(),
});
export type ResyncMap = Readonly<z.infer<typeof resyncMapSchema>>;

/** How far one disk is. */
export const resyncDiskSchema = z.object({
  id: z.string(),
  name: z.string(),
  /** `copied`: no replica to compare with, the disk is copied anew. */
  state: z.literal(['waiting', 'comparing', 'compared', 'copied']),
  totalBlocks: z.int().min(0),
  comparedBlocks: z.int().min(0),
  differentBlocks: z.int().min(0),
  /** Of the different ones: confirmed by the vault. */
  sentBlocks: z.int().min(0),
  /** Still to be compared. */
  toGoBlocks: z.int().min(0),
  sentBytes: z.int().min(0),
  /** What a full copy would have sent of what was compared, less what was sent. */
  savedBytes: z.int().min(0),
  /** Where an interrupted comparison went on (0–1); null for one that began at the disk's start. */
  resumedAt: z.number().nullable(),
  map: resyncMapSchema,
});
export type ResyncDisk = Readonly<z.infer<typeof resyncDiskSchema>>;

/** A disk's figures with what is known only while it moves. */
export interface ResyncDiskProgress extends ResyncDisk {
  /** Compared, over the last 10 seconds; null until something moved. */
  readonly compareBytesPerSecond: number | null;
  readonly sendBytesPerSecond: number | null;
  /** Until the disk is compared; null while it cannot be told. */
  readonly etaSeconds: number | null;
}

/** A resynchronization that runs: part of the VM's status, pushed with it. */
export interface ResyncProgress {
  readonly jobId: number;
  readonly step: ResyncStep;
  /** When the comparison began; an interruption does not begin it anew. */
  readonly startedAt: string;
  /** When an interrupted one was taken up; null for one in its first run. */
  readonly resumedAt: string | null;
  /** Reads the replicas themselves where recorded digests would do. */
  readonly deep: boolean;
  readonly comparedBlocks: number;
  readonly differentBlocks: number;
  readonly sentBlocks: number;
  readonly toGoBlocks: number;
  readonly totalBlocks: number;
  readonly sentBytes: number;
  readonly savedBytes: number;
  readonly etaSeconds: number | null;
  readonly disks: readonly ResyncDiskProgress[];
}

/** The answer to `resync.map`: the run under way, or the last one. */
export interface ResyncMapReport {
  readonly vmId: string;
  readonly vm: string;
  /** Null when the VM was never resynchronized; then there are no disks. */
  readonly jobId: number | null;
  readonly startedAt: string | null;
  /** Null while it is not ended: it runs, or waits to go on. */
  readonly endedAt: string | null;
  readonly disks: readonly ResyncDisk[];
}
