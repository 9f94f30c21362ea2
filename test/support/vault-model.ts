import { randomUUID } from 'node:crypto';
import { expect } from 'vitest';
import type { Consistency } from '../../src/contract/model.ts';
import { digestBytes, digestOf, isZero } from '../../src/main/block/digest.ts';
import {
  type BlockChange,
  blockCount,
  blockLength,
  fullPageMask,
  pageBytes,
  pageRanges,
  trackingBlockBytes,
} from '../../src/main/block/tracking-block.ts';
import type {
  DeltaSpec,
  VaultDisk,
  VaultVm,
  VaultWriter,
  VmReplica,
  VmReplicaReader,
} from '../../src/main/vault/replica-vault.ts';

/** 12 whole blocks and one that ends in the middle of a page. */
export const smallDiskBytes = 12 * trackingBlockBytes + 2 * pageBytes + 512;

export const thisInstallation: VaultWriter = { installationId: 'installation-1', name: 'HOST-1' };
export const otherInstallation: VaultWriter = { installationId: 'installation-2', name: 'HOST-2' };

export const makeDisk = (name = 'system.vhdx', sizeBytes = smallDiskBytes): VaultDisk => ({
  diskId: randomUUID(),
  name,
  sizeBytes,
  logicalSectorBytes: 512,
  sourceFormat: 'vhdx',
  isOperatingSystem: name.startsWith('system'),
});

export const makeVm = (disks: readonly VaultDisk[], changes: Partial<VaultVm> = {}): VaultVm => ({
  vmId: randomUUID(),
  name: 'Web 1',
  generation: 2,
  disks,
  frequencySeconds: 300,
  retentionPoints: 24,
  protectedAtMs: Date.UTC(2026, 0, 1),
  writer: thisInstallation,
  ...changes,
});

/** Bytes that differ from page to page and from `seed` to `seed`, with every fourth block left zero. */
export const patternedDisk = (sizeBytes: number, seed: number): Uint8Array => {
  const bytes = new Uint8Array(sizeBytes);
  for (let at = 0; at < sizeBytes; at += pageBytes) {
    if (Math.floor(at / trackingBlockBytes) % 4 !== 3) fillPage(bytes, at, seed);
  }
  return bytes;
};

const fillPage = (bytes: Uint8Array, at: number, seed: number): void => {
  let state = (at / 512 + seed * 7919 + 1) >>> 0;
  for (let i = at; i < Math.min(at + pageBytes, bytes.length); i += 1) {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    bytes[i] = state >>> 24;
  }
};

export const blockOf = (bytes: Uint8Array, block: number): Uint8Array =>
  bytes.subarray(block * trackingBlockBytes, block * trackingBlockBytes + blockLength(bytes.length, block));

/** Alters pages of a block: `mask` 0 makes the block zeros. */
export const alterBlock = (bytes: Uint8Array, block: number, mask: number, seed: number): void => {
  const start = block * trackingBlockBytes;
  const length = blockLength(bytes.length, block);
  if (mask === 0) bytes.fill(0, start, start + length);
  for (const range of pageRanges(mask & fullPageMask(length), length)) {
    for (let at = range.offset; at < range.offset + range.length; at += pageBytes)
      fillPage(bytes, start + at, seed);
  }
};

/** The change that makes block `block` what it is in `bytes`; `mask` says which pages are sent. */
export const changeOf = (bytes: Uint8Array, block: number, mask = 0xff): BlockChange => {
  const content = blockOf(bytes, block);
  const digest = digestOf(content);
  if (isZero(content)) return { block, pageMask: 0, data: new Uint8Array(0), digest };
  const pageMask = mask & fullPageMask(content.length);
  const parts = [...pageRanges(pageMask, content.length)].map(({ offset, length }) =>
    content.subarray(offset, offset + length),
  );
  return { block, pageMask, data: Buffer.concat(parts), digest };
};

export const digestsOf = (bytes: Uint8Array): Uint8Array => {
  const digests = new Uint8Array(blockCount(bytes.length) * digestBytes);
  for (let block = 0; block < blockCount(bytes.length); block += 1) {
    digests.set(digestOf(blockOf(bytes, block)), block * digestBytes);
  }
  return digests;
};

/** Copies blocks [firstBlock, endBlock) of `bytes` into an initial replica the way the uploader does. */
export const copyRange = async (
  initial: Pick<Awaited<ReturnType<VmReplica['beginInitial']>>, 'write' | 'zero'>,
  bytes: Uint8Array,
  firstBlock: number,
  endBlock: number,
): Promise<void> => {
  for (let block = firstBlock; block < endBlock; block += 1) {
    const content = blockOf(bytes, block);
    const offset = block * trackingBlockBytes;
    if (isZero(content)) await initial.zero(offset, content.length);
    else await initial.write(offset, content.slice(), digestOf(content));
  }
};

/** Everything but the commit of a disk's initial replica. */
export const stageInitial = async (
  replica: VmReplica,
  disk: VaultDisk,
  bytes: Uint8Array,
  lineage: string,
  cut: number,
): Promise<void> => {
  const initial = await replica.beginInitial(disk, lineage, 0);
  await copyRange(initial, bytes, 0, blockCount(bytes.length));
  await initial.seal(cut);
};

export const cutOf = (cut: number, diskIds: readonly string[], consistency: Consistency = 'crash') => ({
  cut,
  takenAtMs: Date.UTC(2026, 0, 2, 3, 4, 5) + cut * 300_000,
  consistency,
  diskIds,
});

export const deltaOf = (
  lineage: string,
  cut: number,
  consistency: Consistency = 'crash',
  more: Partial<DeltaSpec> = {},
): DeltaSpec => ({
  lineage,
  previousCut: cut - 1,
  cut,
  takenAtMs: cutOf(cut, []).takenAtMs,
  consistency,
  ...more,
});

/** Stages `blocks` of `bytes` as a delta, less what an interruption left of it, and seals it; returns the bytes sent. */
export const stageDelta = async (
  replica: VmReplica,
  diskId: string,
  spec: DeltaSpec,
  bytes: Uint8Array,
  blocks: Iterable<number>,
): Promise<number> => {
  const writer = await replica.beginDelta(diskId, spec);
  let sent = 0;
  for (const block of [...blocks].slice(writer.resumedChanges))
    sent += await writer.put(changeOf(bytes, block));
  await writer.seal();
  return sent;
};

/** A disk's content at a point, read in odd pieces; its recorded digests are compared with it. */
export const readDisk = async (
  reader: VmReplicaReader,
  diskId: string,
  pointId: string | null,
): Promise<Uint8Array> => {
  const content = await reader.openDisk(diskId, pointId);
  try {
    const bytes = new Uint8Array(content.sizeBytes);
    const step = 3 * trackingBlockBytes - 1000;
    for (let at = 0; at < bytes.length; at += step) {
      await content.read(bytes.subarray(at, Math.min(at + step, bytes.length)), at);
    }
    const recorded = new Uint8Array(blockCount(bytes.length) * digestBytes);
    await content.digests(recorded, 0);
    expect(Buffer.from(recorded).equals(digestsOf(bytes)), 'recorded digests match the content').toBe(true);
    return bytes;
  } finally {
    await content.close();
  }
};

export const expectDisk = async (
  reader: VmReplicaReader,
  diskId: string,
  pointId: string | null,
  expected: Uint8Array,
): Promise<void> => {
  const found = await readDisk(reader, diskId, pointId);
  expect(found.length).toBe(expected.length);
  const differing = Array.from({ length: blockCount(expected.length) }, (_, block) => block).filter(
    (block) => !Buffer.from(blockOf(found, block)).equals(blockOf(expected, block)),
  );
  expect(differing, `blocks of ${pointId ?? 'the newest state'} that differ`).toEqual([]);
};
