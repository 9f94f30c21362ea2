import { z } from 'zod';
import { type CatalogueVm, parseCatalogue, vmSchema } from '../catalogue-record.ts';
import type { RecoveryPoint, VaultVm } from '../replica-vault.ts';
import { encryptionSchema } from './vault-key.ts';

/**
 * `<vm>/vm.json`: all that a VM is in the account, replaced as a whole under its ETag. A snapshot that it does not name
 * does not count; a commit is done when it shows it.
 *
 * `sequence` counts the commits of a VM without ever going back, unlike cuts, which start again with a lineage.
 */
export const recordFormat = 1;

const count = z.number().int().nonnegative();
/** A blob's name below the VM's prefix. */
const blobName = z.string().regex(/^[\w.-]+$/, 'leaves the prefix of the VM');

/** A disk's content at one commit: snapshots of its two page blobs, taken together. */
const stateSchema = z.object({
  diskId: z.string().min(1),
  /** Counts the initial replicas that this disk had; each has blobs of its own. */
  generation: count,
  /** The fixed VHD, and beside it the page blob with 16 bytes of digest for each tracking block. */
  data: blobName,
  digests: blobName,
  sizeBytes: count,
  snapshot: z.string().min(1),
  digestsSnapshot: z.string().min(1),
});

const diskSchema = stateSchema.extend({
  logicalSectorBytes: count,
  lineage: z.string(),
  cut: count,
  /** The commit that made the disk what it is now. */
  sequence: count,
  /** ETags of the page blobs at that commit: what differs was altered, or lost by the service. */
  dataEtag: z.string(),
  digestsEtag: z.string(),
  usedBytes: count,
});

const pointSchema = z.object({
  id: z.string().min(1),
  cut: count,
  sequence: count,
  takenAtMs: z.number(),
  consistency: z.enum(['application', 'crash']),
  /** Bytes that commits after it, up to the next point, wrote. */
  sizeBytes: count,
  disks: z.array(stateSchema),
});

const recordSchema = z.object({
  format: z.literal(recordFormat),
  vm: vmSchema,
  writerSinceMs: z.number(),
  sequence: count,
  /** The complete replicas. */
  disks: z.array(diskSchema),
  /** Oldest first. */
  points: z.array(pointSchema),
  lastCut: z
    .object({
      cut: count,
      takenAtMs: z.number(),
      consistency: z.enum(['application', 'crash', 'fuzzy']),
      pointId: z.string().nullable(),
    })
    .nullable(),
});

/** What a seal leaves behind for the commit. */
const sealSchema = z.object({ cut: count, dataEtag: z.string(), digestsEtag: z.string() }).nullable();

/** `<disk>.initial.json`: the initial replica that is being made. */
const initialSchema = z.object({
  format: z.literal(recordFormat),
  diskId: z.string().min(1),
  generation: count,
  data: blobName,
  digests: blobName,
  lineage: z.string(),
  sizeBytes: count,
  logicalSectorBytes: count,
  /** Everything below was given, and is durable. */
  durableTo: count,
  bytes: count,
  sealed: sealSchema,
});

/** `<disk>.delta.json`: written before the first page of a delta is; while it is there the blobs are on their way. */
const deltaSchema = z.object({
  format: z.literal(recordFormat),
  diskId: z.string().min(1),
  lineage: z.string(),
  previousCut: count,
  cut: count,
  /** The commit that the disk was at when the delta began. */
  baseSequence: count,
  rebaseTo: z.string().nullable(),
  /** Changes that are in the blobs for certain, and the bytes sent for them. */
  puts: count,
  bytes: count,
  sealed: sealSchema,
});

/** Of a vault that is encrypted: versions that cannot encrypt must not write into it. */
export const encryptedVaultFormat = 2;

const vaultSchema = z.object({
  format: z.union([z.literal(recordFormat), z.literal(encryptedVaultFormat)]),
  vaultId: z.string().min(1),
  createdAtMs: z.number(),
  encryption: encryptionSchema.optional(),
});

export type DiskState = z.infer<typeof stateSchema>;
export type DiskRecord = z.infer<typeof diskSchema>;
export type PointRecord = z.infer<typeof pointSchema>;
export type VmRecord = z.infer<typeof recordSchema>;
export type InitialNote = z.infer<typeof initialSchema>;
export type DeltaNote = z.infer<typeof deltaSchema>;
export type VaultRecord = z.infer<typeof vaultSchema>;

export const parseVaultRecord = (path: string, text: string): VaultRecord =>
  parseCatalogue(vaultSchema, encryptedVaultFormat, path, text);
export const parseVmRecord = (path: string, text: string): VmRecord =>
  parseCatalogue(recordSchema, recordFormat, path, text);
export const parseInitialNote = (path: string, text: string): InitialNote =>
  parseCatalogue(initialSchema, recordFormat, path, text);
export const parseDeltaNote = (path: string, text: string): DeltaNote =>
  parseCatalogue(deltaSchema, recordFormat, path, text);

/** The record that a change of a VM starts from. */
export interface Session {
  readonly record: VmRecord;
  readonly etag: string;
}

/** The same entry as plain mutable data, without fields that a caller's object may carry besides. */
export const copyOf = (vm: VaultVm): CatalogueVm => vmSchema.parse(vm);

export const newVmRecord = (vm: VaultVm, writerSinceMs: number): VmRecord => ({
  format: recordFormat,
  vm: copyOf(vm),
  writerSinceMs,
  sequence: 0,
  disks: [],
  points: [],
  lastCut: null,
});

export const stateOf = ({
  diskId,
  generation,
  data,
  digests,
  sizeBytes,
  snapshot,
  digestsSnapshot,
}: DiskState): DiskState => ({ diskId, generation, data, digests, sizeBytes, snapshot, digestsSnapshot });

export const describePoint = ({
  id,
  cut,
  takenAtMs,
  consistency,
  sizeBytes,
  disks,
}: PointRecord): RecoveryPoint => ({
  id,
  cut,
  takenAtMs,
  consistency,
  sizeBytes,
  diskIds: disks.map(({ diskId }) => diskId),
});
