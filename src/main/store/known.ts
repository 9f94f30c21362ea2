import { z } from 'zod';
import {
  type ProtectedDiskRecord,
  type ProtectionRecord,
  protectedDiskRecord,
  protectionRecord,
  vaultRecord,
} from './records.ts';
import type { Setting } from './settings.ts';

/**
 * `known.json`: what only this installation knows, and neither a vault nor a disk could tell should the database be lost. No
 * secret in it.
 */
const knownDiskSchema = protectedDiskRecord.omit({
  vmId: true,
  logBaseCut: true,
  initialStamps: true,
  lastScan: true,
  hrl: true,
});
export type KnownDisk = Readonly<z.infer<typeof knownDiskSchema>>;

const knownProtectionSchema = protectionRecord
  .pick({
    vmId: true,
    name: true,
    path: true,
    vaultName: true,
    frequencySeconds: true,
    retentionPoints: true,
    retentionHours: true,
    uploadThreads: true,
    pausedAtMs: true,
    protectedAtMs: true,
    initialStartAtMs: true,
    resync: true,
  })
  .extend({
    /** Whether the vault ever confirmed a cut. */
    hasReplica: z.boolean(),
    /** No cut of this number or above was ever assigned. */
    cutsBelow: z.number().int().min(0),
    disks: z.array(knownDiskSchema),
  });
export type KnownProtection = Readonly<z.infer<typeof knownProtectionSchema>>;

export const knownSchema = z.object({
  format: z.literal(1),
  /** How often it was written. The database has this number first: one with a lower number has lost what came last. */
  generation: z.int().min(0).default(0),
  settings: z.record(z.string(), z.json()),
  vaults: z.array(vaultRecord),
  protections: z.array(knownProtectionSchema),
});
export type Known = Readonly<z.infer<typeof knownSchema>>;

/** Cuts are written down in steps of so many, ahead of their use: the file changes once in a thousand cycles. */
const cutStep = 1_000;

export const knownDisk = (disk: ProtectedDiskRecord): KnownDisk => {
  const {
    vmId: _vm,
    logBaseCut: _base,
    initialStamps: _initial,
    lastScan: _scan,
    hrl: _hrl,
    ...known
  } = disk;
  return known;
};

export const knownProtection = (vm: ProtectionRecord, disks: readonly KnownDisk[]): KnownProtection => {
  const { vmId, name, path, vaultName, frequencySeconds, retentionPoints, pausedAtMs, protectedAtMs } = vm;
  const { retentionHours, uploadThreads, initialStartAtMs } = vm;
  return {
    vmId,
    name,
    path,
    vaultName,
    frequencySeconds,
    retentionPoints,
    pausedAtMs,
    protectedAtMs,
    ...(retentionHours === undefined ? {} : { retentionHours }),
    ...(uploadThreads === undefined ? {} : { uploadThreads }),
    ...(initialStartAtMs === undefined ? {} : { initialStartAtMs }),
    resync: vm.resync,
    hasReplica: vm.committedCut > 0,
    cutsBelow: (Math.floor(vm.cut / cutStep) + 1) * cutStep,
    disks: [...disks],
  };
};

export const generationSetting: Setting<number> = { key: 'known.generation', schema: z.int().min(0) };
