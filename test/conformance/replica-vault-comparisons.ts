import { randomUUID } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { blockCount, trackingBlockBytes } from '../../src/main/block/tracking-block.ts';
import type { DeltaWriter, ReplicaVault, VmReplica } from '../../src/main/vault/replica-vault.ts';
import {
  alterBlock,
  blockOf,
  changeOf,
  cutOf,
  deltaOf,
  expectDisk,
  makeDisk,
  makeVm,
  patternedDisk,
  smallDiskBytes,
  stageInitial,
  thisInstallation,
} from '../support/vault-model.ts';
import type { VaultUnderTest } from './replica-vault.ts';

/** What resynchronizations and rebuilt chains use beyond a plain delta: extents, checkpoints, blocks staged again. */
export const describeComparisons = (makeVault: () => Promise<VaultUnderTest>): void => {
  const disk = makeDisk('system.vhdx');
  const vm = makeVm([disk]);
  const next = randomUUID();
  /** As a resynchronization begins it. */
  const rebase = deltaOf(next, 1, 'fuzzy', { previousCut: 0, rebaseTo: next });
  const committed = { ...cutOf(1, [disk.diskId], 'fuzzy'), takenAtMs: Date.UTC(2026, 1, 1) };

  /** Hands a replica of `bytes` to `work`, and a way to find it again as after a crash. */
  const withReplica = async (
    bytes: Uint8Array,
    work: (replica: VmReplica, reopened: () => Promise<VmReplica>) => Promise<void>,
  ): Promise<void> => {
    const storage = await makeVault();
    let vault: ReplicaVault = await storage.open();
    await vault.saveVm(vm);
    let replica = await vault.openVm(vm.vmId, thisInstallation);
    try {
      await stageInitial(replica, disk, bytes, randomUUID(), 1);
      await replica.commit(cutOf(1, [disk.diskId]));
      await work(replica, async () => {
        await replica.close();
        await vault.close();
        vault = await storage.open();
        replica = await vault.openVm(vm.vmId, thisInstallation);
        return replica;
      });
    } finally {
      await replica.close();
      await vault.close();
      await storage.dispose();
    }
  };

  const putAll = async (delta: DeltaWriter, bytes: Uint8Array, blocks: readonly number[]): Promise<void> => {
    for (const block of blocks) await delta.put(changeOf(bytes, block));
  };

  describe('comparing', () => {
    it('is told of every range that may hold something, in order, and of none outside what it asks for', async () => {
      const bytes = patternedDisk(smallDiskBytes, 1);
      alterBlock(bytes, 5, 0, 0);
      await withReplica(bytes, async (replica) => {
        const [point] = await replica.points();
        for (const pointId of [null, point!.id]) {
          const content = await replica.openDisk(disk.diskId, pointId);
          const windows = [
            [0, bytes.length] as const,
            [2 * trackingBlockBytes, 7 * trackingBlockBytes] as const,
          ];
          for (const [from, to] of windows) {
            const covered = new Set<number>();
            let end = from;
            for await (const { offset, length } of content.extents(from, to)) {
              expect(length).toBeGreaterThan(0);
              expect(offset).toBeGreaterThanOrEqual(end);
              end = offset + length;
              for (let at = offset; at < end; at += 512) covered.add(Math.floor(at / 512));
            }
            expect(end).toBeLessThanOrEqual(to);
            for (let at = from; at < to; at += 512) {
              const isFilled = bytes.subarray(at, Math.min(at + 512, to)).some((byte) => byte !== 0);
              if (isFilled) expect(covered.has(at / 512), `the sector at ${at}`).toBe(true);
            }
          }
          await content.close();
        }
      });
    });

    it('goes on after its last checkpoint, and loses nothing that it counted', async () => {
      const old = patternedDisk(smallDiskBytes, 1);
      const bytes = old.slice();
      const blocks = [0, 1, 4, 8, 12];
      for (const block of blocks) alterBlock(bytes, block, block === 4 ? 0 : 0xff, 7);
      await withReplica(old, async (replica, reopened) => {
        const delta = await replica.beginDelta(disk.diskId, rebase);
        expect(delta).toMatchObject({ isResumed: false, resumedChanges: 0 });
        expect(await delta.checkpoint()).toBe(0);
        await putAll(delta, bytes, [0, 1, 4]);
        expect(await delta.checkpoint()).toBe(3);
        await putAll(delta, bytes, [8]);
        await delta.close();
        const again = await reopened();
        await expectDisk(again, disk.diskId, null, old);
        const resumed = await again.beginDelta(disk.diskId, rebase);
        expect(resumed.isResumed).toBe(true);
        expect([3, 4]).toContain(resumed.resumedChanges);
        await putAll(resumed, bytes, blocks.slice(resumed.resumedChanges));
        await resumed.seal();
        await again.commit(committed);
        await expectDisk(again, disk.diskId, null, bytes);
      });
    });

    it('stages a block again as it is now, whatever an interrupted run left of it', async () => {
      const old = patternedDisk(smallDiskBytes, 1);
      const lost = old.slice();
      for (const block of [2, 4, 6, 9, 10]) alterBlock(lost, block, block === 10 ? 0 : 0xff, 7);
      // Since then: 4 is again what the replica holds, 6 is zeros, 8 is new, 9 stayed, 10 has content again.
      const bytes = lost.slice();
      bytes.set(blockOf(old, 4), 4 * trackingBlockBytes);
      alterBlock(bytes, 6, 0, 0);
      alterBlock(bytes, 8, 0xff, 9);
      alterBlock(bytes, 10, 0xff, 9);
      await withReplica(old, async (replica, reopened) => {
        const delta = await replica.beginDelta(disk.diskId, rebase);
        await putAll(delta, lost, [2]);
        expect(await delta.checkpoint()).toBe(1);
        await putAll(delta, lost, [4, 6, 9, 10]);
        await delta.close();
        const again = await reopened();
        const resumed = await again.beginDelta(disk.diskId, rebase);
        expect(resumed.isResumed).toBe(true);
        for (let block = 3; block < blockCount(bytes.length); block += 1) {
          await resumed.restage(changeOf(bytes, block));
        }
        await resumed.seal();
        await again.commit(committed);
        await expectDisk(again, disk.diskId, null, bytes);
        const [point] = await again.points();
        await expectDisk(again, disk.diskId, point!.id, old);
      });
    });

    it('begins anew where a delta of another lineage was left', async () => {
      const old = patternedDisk(smallDiskBytes, 1);
      const lost = old.slice();
      alterBlock(lost, 2, 0xff, 7);
      const bytes = old.slice();
      alterBlock(bytes, 8, 0xff, 8);
      await withReplica(old, async (replica, reopened) => {
        const other = randomUUID();
        const delta = await replica.beginDelta(disk.diskId, { ...rebase, lineage: other, rebaseTo: other });
        await putAll(delta, lost, [2]);
        await delta.checkpoint();
        await delta.close();
        const again = await reopened();
        const anew = await again.beginDelta(disk.diskId, rebase);
        expect(anew).toMatchObject({ isResumed: false, resumedChanges: 0 });
        await putAll(anew, bytes, [8]);
        await anew.seal();
        await again.commit(committed);
        await expectDisk(again, disk.diskId, null, bytes);
      });
    });
  });
};
