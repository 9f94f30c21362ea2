import { z } from 'zod';
import { consistencySchema } from '../../contract/report-schemas.ts';
import { resyncDiskSchema } from '../../contract/resync.ts';

const moment = z.number().int().min(0);

/** The last resynchronization of a VM, or the one that goes on: what it goes on from, and what is shown of it. */
export const comparisonRecord = z.object({
  vmId: z.string(),
  jobId: z.number().int(),
  /** Reads the replicas where their recorded digests would do. */
  deep: z.boolean(),
  startedAtMs: moment,
  resumedAtMs: moment.nullable(),
  endedAtMs: moment.nullable(),
  /** The cut it leads to; null until there is one. */
  cut: z.number().int().min(1).nullable(),
  /** Source time of its first run: what is compared may be as old as that. */
  takenAtMs: moment.nullable(),
  /** What was compared with what: it goes on only while that is so. */
  sources: z.array(
    z.object({
      diskId: z.string(),
      hostDiskId: z.string(),
      sizeBytes: z.number().int().min(0),
      sectorBytes: z.number().int().min(0),
      /** The lineage that the disk gets. */
      lineage: z.string(),
      /** Where its replica stood; null for a disk that is copied anew. */
      base: z.object({ lineage: z.string().nullable(), cut: z.number().int().nullable() }).nullable(),
      /** What the files looked like when the comparison began. */
      stamps: z.json().nullable(),
    }),
  ),
  /** What the vault was told to commit, written before it was told. */
  commit: z.object({ takenAtMs: moment, consistency: consistencySchema }).nullable(),
  disks: z.array(resyncDiskSchema),
});
export type ComparisonRecord = Readonly<z.infer<typeof comparisonRecord>>;
export type ComparedSource = ComparisonRecord['sources'][number];
