import { z } from 'zod';
import { parseCatalogue, vmSchema } from '../catalogue-record.ts';
import type { RecoveryPoint, VaultVm } from '../replica-vault.ts';

/**
 * `vm.json`: all that a VM's folder is, replaced as a whole. A replica or before-image file that it does not name does
 * not exist; a commit is done when `vm.json` shows it.
 *
 * `sequence` counts the commits of a VM without ever going back, unlike cuts, which start again with a lineage; it
 * orders points and before-images.
 */
export const recordFormat = 1;

const count = z.number().int().nonnegative();
const consistency = z.enum(['application', 'crash', 'fuzzy']);
/** Part of a path below the VM's folder: written by us, but read from a share that others can write to. */
const relativePath = z
  .string()
  .refine(
    (path) => path.split('/').every((part) => part !== '' && part !== '..' && !/[\\:]/.test(part)),
    'leaves the folder of the VM',
  );

const undoSchema = z.object({ sequence: count, file: relativePath, bytes: count });

const diskSchema = z.object({
  diskId: z.string().min(1),
  /** Counts the initial replicas that this disk had: points name the one they belong to. */
  generation: count,
  /** The replica, e.g. `system.vhdx`. */
  file: relativePath,
  /** Holds digests, logs and before-images, e.g. `.hvrc/<diskId>`. */
  folder: relativePath,
  sizeBytes: count,
  logicalSectorBytes: count,
  lineage: z.string(),
  cut: count,
  /** The commit that made the disk what it is now. */
  sequence: count,
  /** Before-images, oldest first: each undoes the commit `sequence`. */
  undo: z.array(undoSchema),
  /** How the last commit left the replica's file; absent in older records and while a commit is under way. */
  written: z.object({ dataWriteGuid: z.string(), fileBytes: count }).optional(),
});

const pointSchema = z.object({
  id: z.string().min(1),
  cut: count,
  sequence: count,
  takenAtMs: z.number(),
  consistency: z.enum(['application', 'crash']),
  disks: z.array(z.object({ diskId: z.string(), generation: count })),
});

const recordSchema = z.object({
  format: z.literal(recordFormat),
  vm: vmSchema,
  writerSinceMs: z.number(),
  sequence: count,
  /** The complete replicas. */
  disks: z.array(diskSchema),
  /** Replicas that a newer one replaced, kept for the points that still need them. */
  retired: z.array(diskSchema),
  /** Oldest first. */
  points: z.array(pointSchema),
  lastCut: z
    .object({ cut: count, takenAtMs: z.number(), consistency, pointId: z.string().nullable() })
    .nullable(),
});

/** `vault.json`: its presence makes a directory a vault. */
const vaultSchema = z.object({
  format: z.literal(recordFormat),
  vaultId: z.string().min(1),
  createdAtMs: z.number(),
});
export type VaultRecord = z.infer<typeof vaultSchema>;

export type UndoRecord = z.infer<typeof undoSchema>;
export type DiskRecord = z.infer<typeof diskSchema>;
export type PointRecord = z.infer<typeof pointSchema>;
export type VmRecord = z.infer<typeof recordSchema>;

/** One disk's part of a commit, and where it comes from. */
const changeSchema = z.discriminatedUnion('kind', [
  /** `puts`: the log's last mark, without which it lost its end. */
  z.object({ kind: z.literal('delta'), diskId: z.string(), staged: relativePath, puts: count }),
  z.object({
    kind: z.literal('initial'),
    diskId: z.string(),
    partial: relativePath,
    file: relativePath,
    /** Where the replica that `file` holds until now goes; null when there is none. */
    retiredFile: relativePath.nullable(),
  }),
]);

/** `.hvrc/commit.json`: its appearance is the commit; `next` is the record that it makes true. */
const commitSchema = z.object({
  format: z.literal(recordFormat),
  next: recordSchema,
  changes: z.array(changeSchema),
});
export type CommitChange = z.infer<typeof changeSchema>;
export type CommitRecord = z.infer<typeof commitSchema>;

/** `<disk folder>/initial.json`: whose replica the `.partial` file becomes. */
const initialSchema = z.object({
  format: z.literal(recordFormat),
  diskId: z.string(),
  generation: count,
  lineage: z.string(),
  sizeBytes: count,
  logicalSectorBytes: count,
  file: relativePath,
  sealedCut: count.nullable(),
});
export type InitialRecord = z.infer<typeof initialSchema>;

/** `<disk folder>/staged-<cut>.json`: what the delta in the log beside it leads from and to. */
const stagedSchema = z.object({
  format: z.literal(recordFormat),
  diskId: z.string(),
  lineage: z.string(),
  previousCut: count,
  cut: count,
  /** The commit that the replica was at when the delta was compared with it. */
  baseSequence: count,
  rebaseTo: z.string().nullable(),
  /** Set when the delta is whole: the number of its changes, which is also the log's last mark (0: no mark). */
  sealedPuts: count.nullable(),
});
export type StagedRecord = z.infer<typeof stagedSchema>;

const parse = <T>(schema: z.ZodType<T>, path: string, text: string): T =>
  parseCatalogue(schema, recordFormat, path, text);

export const parseVaultRecord = (path: string, text: string): VaultRecord => parse(vaultSchema, path, text);
export const parseVmRecord = (path: string, text: string): VmRecord => parse(recordSchema, path, text);
export const parseCommitRecord = (path: string, text: string): CommitRecord =>
  parse(commitSchema, path, text);
export const parseInitialRecord = (path: string, text: string): InitialRecord =>
  parse(initialSchema, path, text);
export const parseStagedRecord = (path: string, text: string): StagedRecord =>
  parse(stagedSchema, path, text);

export const newVmRecord = (vm: VaultVm, writerSinceMs: number): VmRecord => ({
  format: recordFormat,
  vm: copyOf(vm),
  writerSinceMs,
  sequence: 0,
  disks: [],
  retired: [],
  points: [],
  lastCut: null,
});

/** The same entry as plain mutable data, without fields that a caller's object may carry besides. */
export const copyOf = (vm: VaultVm): VmRecord['vm'] => vmSchema.parse(vm);

/** The replica, current or retired, that point `point` needs for a disk; null when the disk is not in the point. */
export const diskOfPoint = (record: VmRecord, point: PointRecord, diskId: string): DiskRecord | null => {
  const generation = point.disks.find((disk) => disk.diskId === diskId)?.generation;
  const same = (disk: DiskRecord) => disk.diskId === diskId && disk.generation === generation;
  return record.disks.find(same) ?? record.retired.find(same) ?? null;
};

/** The newest point that needs `disk`'s before-images, or null. */
export const newestPointOf = (record: VmRecord, disk: DiskRecord): PointRecord | null =>
  record.points.findLast((point) =>
    point.disks.some((entry) => entry.diskId === disk.diskId && entry.generation === disk.generation),
  ) ?? null;

/** The points as the port shows them, each with the space that only it and older ones need. */
export const describePoints = (record: VmRecord): RecoveryPoint[] =>
  record.points.map((point, index) => {
    const until = record.points[index + 1]?.sequence ?? Number.POSITIVE_INFINITY;
    const sizeBytes = [...record.disks, ...record.retired]
      .flatMap((disk) => disk.undo)
      .filter((undo) => undo.sequence > point.sequence && undo.sequence <= until)
      .reduce((sum, undo) => sum + undo.bytes, 0);
    const { id, cut, takenAtMs, consistency: trust } = point;
    const diskIds = point.disks.map(({ diskId }) => diskId);
    return { id, cut, takenAtMs, consistency: trust, sizeBytes, diskIds };
  });
