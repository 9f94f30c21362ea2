import { randomUUID } from 'node:crypto';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { ErrorCode } from '../../src/contract/error-catalogue.ts';
import { digestOf } from '../../src/main/block/digest.ts';
import { blockCount, pageBytes, trackingBlockBytes } from '../../src/main/block/tracking-block.ts';
import type {
  InitialReplica,
  ReplicaVault,
  VaultDisk,
  VaultVm,
  VmReplica,
} from '../../src/main/vault/replica-vault.ts';
import {
  alterBlock,
  blockOf,
  changeOf,
  copyRange,
  cutOf,
  deltaOf,
  expectDisk,
  makeDisk,
  makeVm,
  otherInstallation,
  patternedDisk,
  smallDiskBytes,
  stageDelta,
  stageInitial,
  thisInstallation,
} from '../support/vault-model.ts';
import { describeComparisons } from './replica-vault-comparisons.ts';
import { describeVaultHistories } from './replica-vault-histories.ts';
import { describeMembers } from './replica-vault-members.ts';

/** Storage that any number of vault instances can be opened over, one after the other or at once. */
export interface VaultUnderTest {
  open(): Promise<ReplicaVault>;
  dispose(): Promise<void>;
}

/** Lends its data to a first copy, and spoils it as soon as the copy may not use it any more. */
const lender = (to: InitialReplica) => {
  let lent = 0;
  const write: InitialReplica['write'] = async (offset, given, digests) => {
    const mine = Uint8Array.from(given);
    let keepers = 1;
    const letGo = () => {
      keepers -= 1;
      lent -= 1;
      if (keepers === 0) mine.fill(0xee);
    };
    lent += 1;
    await to.write(offset, mine, digests, () => {
      keepers += 1;
      lent += 1;
      return letGo;
    });
    letGo();
  };
  return { initial: { write, zero: to.zero.bind(to) }, lent: () => lent };
};

/** What every vault must do, whatever it stores its replicas in. */
export const describeReplicaVault = (name: string, makeVault: () => Promise<VaultUnderTest>): void => {
  describe(`${name} as a replica vault`, () => {
    let storage: VaultUnderTest;
    let vault: ReplicaVault;
    let system: VaultDisk;
    let data: VaultDisk;
    let vm: VaultVm;
    const lineage = randomUUID();

    beforeEach(async () => {
      storage = await makeVault();
      vault = await storage.open();
      system = makeDisk('system.vhdx');
      data = makeDisk('data.vhd', 5 * trackingBlockBytes);
      vm = makeVm([system]);
    });
    afterEach(async () => {
      await vault.close();
      await storage.dispose();
    });

    const rejects = (work: Promise<unknown>, code: ErrorCode) =>
      expect(work).rejects.toMatchObject({ name: 'ReplicationError', code });

    /** The VM saved and opened, its first disk replicated as cut 1. */
    const replicated = async (bytes: Uint8Array, saved = vm): Promise<VmReplica> => {
      await vault.saveVm(saved);
      const replica = await vault.openVm(saved.vmId, thisInstallation);
      await stageInitial(replica, system, bytes, lineage, 1);
      await replica.commit(cutOf(1, [system.diskId]));
      return replica;
    };

    const reopened = async (replica: VmReplica): Promise<VmReplica> => {
      await replica.close();
      await vault.close();
      vault = await storage.open();
      return vault.openVm(replica.vm.vmId, thisInstallation);
    };

    describe('catalogue', () => {
      it('passes its own check and leaves nothing behind', async () => {
        const checks = await vault.check();
        expect(checks.filter((check) => !check.passed)).toEqual([]);
        expect(checks.map((check) => check.right)).toContain('write');
        expect(await vault.listVms()).toEqual([]);
      });

      it('keeps its id over instances', async () => {
        const other = await storage.open();
        expect((await other.info()).vaultId).toBe((await vault.info()).vaultId);
        await other.close();
      });

      it('shows a saved VM to a fresh instance, and its later changes', async () => {
        await vault.saveVm(vm);
        const changed = { ...vm, name: 'Web 1 renamed', retentionPoints: 3 };
        await vault.saveVm(changed);
        const other = await storage.open();
        expect(await other.listVms()).toEqual([changed]);
        await other.close();
      });

      it('keeps two VMs of one name apart', async () => {
        const twin = makeVm([data], { name: vm.name });
        await vault.saveVm(vm);
        await vault.saveVm(twin);
        expect((await vault.listVms()).map((entry) => entry.vmId).sort()).toEqual(
          [vm.vmId, twin.vmId].sort(),
        );
      });

      it('takes any VM and disk name', async () => {
        const odd = makeVm(
          [
            { ...system, name: 'CON.vhdx' },
            { ...data, name: '../a:b?.vhd' },
          ],
          { name: '..\\x/ <>|"*.' },
        );
        await vault.saveVm(odd);
        const replica = await vault.openVm(odd.vmId, thisInstallation);
        for (const disk of odd.disks) {
          const bytes = patternedDisk(disk.sizeBytes, 1);
          await stageInitial(replica, disk, bytes, lineage, 1);
        }
        await replica.commit(
          cutOf(
            1,
            odd.disks.map((disk) => disk.diskId),
          ),
        );
        await expectDisk(replica, data.diskId, null, patternedDisk(data.sizeBytes, 1));
        await replica.close();
      });

      it('refuses a second installation until it takes the VM over', async () => {
        await vault.saveVm(vm);
        const other = await storage.open();
        const theirs = { ...vm, writer: otherInstallation };
        await rejects(other.openVm(vm.vmId, otherInstallation), 'VAULT_IN_USE');
        await rejects(other.saveVm(theirs), 'VAULT_IN_USE');
        await other.saveVm(theirs, { takeOver: true });
        const replica = await other.openVm(vm.vmId, otherInstallation);
        await replica.close();
        await rejects(vault.openVm(vm.vmId, thisInstallation), 'VAULT_IN_USE');
        await other.close();
      });

      it('stops a writer whose right was taken over meanwhile', async () => {
        const bytes = patternedDisk(smallDiskBytes, 1);
        const replica = await replicated(bytes);
        alterBlock(bytes, 0, 1, 2);
        await stageDelta(replica, system.diskId, deltaOf(lineage, 2), bytes, [0]);
        await vault.saveVm({ ...vm, writer: otherInstallation }, { takeOver: true });
        await rejects(replica.commit(cutOf(2, [system.diskId])), 'VAULT_IN_USE');
        await replica.close();
      });

      it('removes a VM with everything, and then does not know it', async () => {
        const replica = await replicated(patternedDisk(smallDiskBytes, 1));
        await replica.close();
        await vault.removeVm(vm.vmId);
        expect(await vault.listVms()).toEqual([]);
        await rejects(vault.readVm(vm.vmId), 'REPLICA_MISSING');
        await rejects(vault.openVm(vm.vmId, thisInstallation), 'REPLICA_MISSING');
        await vault.saveVm(vm);
        const again = await vault.openVm(vm.vmId, thisInstallation);
        expect((await again.diskStates()).map((state) => state.phase)).toEqual(['absent']);
        await again.close();
      });
    });

    describe('initial replication', () => {
      it('is absent, then initial, then complete, and a point only with the commit', async () => {
        const bytes = patternedDisk(smallDiskBytes, 1);
        await vault.saveVm(vm);
        const replica = await vault.openVm(vm.vmId, thisInstallation);
        const phase = async () => (await replica.diskStates()).map((state) => state.phase);
        expect(await phase()).toEqual(['absent']);
        const initial = await replica.beginInitial(system, lineage, 0);
        expect(initial.resumedFromOffset).toBe(0);
        expect(await phase()).toEqual(['initial']);
        await copyRange(initial, bytes, 0, blockCount(bytes.length));
        await initial.seal(1);
        expect(await phase()).toEqual(['initial']);
        expect(await replica.points()).toEqual([]);
        await rejects(replica.openDisk(system.diskId, null), 'REPLICA_MISSING');
        const { point } = await replica.commit(cutOf(1, [system.diskId]));
        expect(point).toMatchObject({ id: '20260102T030905Z-1', cut: 1, consistency: 'crash' });
        expect(await replica.diskStates()).toMatchObject([
          { diskId: system.diskId, phase: 'complete', lineage, cut: 1, sizeBytes: smallDiskBytes },
        ]);
        await expectDisk(replica, system.diskId, null, bytes);
        await expectDisk(replica, system.diskId, point!.id, bytes);
        await replica.close();
      });

      it('uses memory that it was given only until it says so, and lets go of all of it', async () => {
        const bytes = patternedDisk(smallDiskBytes, 1);
        await vault.saveVm(vm);
        const replica = await vault.openVm(vm.vmId, thisInstallation);
        const interrupted = await replica.beginInitial(system, lineage, 0);
        const left = lender(interrupted);
        await copyRange(left.initial, bytes, 0, 3);
        await interrupted.close();
        expect(left.lent()).toBe(0);
        const initial = await replica.beginInitial(system, lineage, 0);
        const { initial: lending, lent } = lender(initial);
        await copyRange(lending, bytes, 0, blockCount(bytes.length));
        await initial.seal(1);
        await initial.close();
        expect(lent()).toBe(0);
        await replica.commit(cutOf(1, [system.diskId]));
        await expectDisk(replica, system.diskId, null, bytes);
        await replica.close();
      });

      it('takes ranges in any order', async () => {
        const bytes = patternedDisk(smallDiskBytes, 1);
        await vault.saveVm(vm);
        const replica = await vault.openVm(vm.vmId, thisInstallation);
        const initial = await replica.beginInitial(system, lineage, 0);
        await copyRange(initial, bytes, 6, blockCount(bytes.length));
        await copyRange(initial, bytes, 0, 6);
        await initial.seal(1);
        await replica.commit(cutOf(1, [system.diskId]));
        await expectDisk(replica, system.diskId, null, bytes);
        await replica.close();
      });

      it('goes on from the checkpoint after an interruption and clears what the interrupted run wrote beyond it', async () => {
        const old = patternedDisk(smallDiskBytes, 1);
        await vault.saveVm(vm);
        let replica = await vault.openVm(vm.vmId, thisInstallation);
        const first = await replica.beginInitial(system, lineage, 0);
        await copyRange(first, old, 0, 4);
        await first.flush();
        await copyRange(first, old, 4, 10);
        // Durable too, but the caller died before it could note that.
        await first.flush();
        await first.close();
        replica = await reopened(replica);
        expect((await replica.diskStates()).map((state) => state.phase)).toEqual(['initial']);

        const bytes = old.slice();
        for (const block of [4, 5, 9]) alterBlock(bytes, block, 0, 0);
        alterBlock(bytes, 6, 0xff, 9);
        const second = await replica.beginInitial(system, lineage, 4 * trackingBlockBytes);
        expect([0, 4 * trackingBlockBytes]).toContain(second.resumedFromOffset);
        await copyRange(
          second,
          bytes,
          second.resumedFromOffset / trackingBlockBytes,
          blockCount(bytes.length),
        );
        await second.seal(1);
        await replica.commit(cutOf(1, [system.diskId]));
        await expectDisk(replica, system.diskId, null, bytes);
        await replica.close();
      });

      it('starts anew when the lineage or the size is another', async () => {
        await vault.saveVm(vm);
        const replica = await vault.openVm(vm.vmId, thisInstallation);
        const first = await replica.beginInitial(system, lineage, 0);
        await copyRange(first, patternedDisk(smallDiskBytes, 1), 0, 8);
        await first.flush();
        await first.close();
        const second = await replica.beginInitial(system, randomUUID(), 4 * trackingBlockBytes);
        expect(second.resumedFromOffset).toBe(0);
        await second.close();
        const bytes = patternedDisk(smallDiskBytes + trackingBlockBytes, 3);
        alterBlock(bytes, 1, 0, 0);
        const grown = { ...system, sizeBytes: bytes.length };
        const third = await replica.beginInitial(grown, lineage, 4 * trackingBlockBytes);
        expect(third.resumedFromOffset).toBe(0);
        await copyRange(third, bytes, 0, blockCount(bytes.length));
        await third.seal(1);
        await replica.commit(cutOf(1, [system.diskId]));
        await expectDisk(replica, system.diskId, null, bytes);
        await replica.close();
      });

      it('can be committed after it was sealed and the process was gone', async () => {
        const bytes = patternedDisk(smallDiskBytes, 1);
        await vault.saveVm(vm);
        let replica = await vault.openVm(vm.vmId, thisInstallation);
        await stageInitial(replica, system, bytes, lineage, 1);
        replica = await reopened(replica);
        await replica.commit(cutOf(1, [system.diskId]));
        await expectDisk(replica, system.diskId, null, bytes);
        await replica.close();
      });

      it('adds no point while another disk of the VM has no replica', async () => {
        const both = makeVm([system, data]);
        const replica = await replicated(patternedDisk(smallDiskBytes, 1), both);
        expect(await replica.points()).toEqual([]);
        await stageInitial(replica, data, patternedDisk(data.sizeBytes, 2), lineage, 2);
        const { point } = await replica.commit(cutOf(2, [data.diskId]));
        expect(point).not.toBeNull();
        await expectDisk(replica, system.diskId, point!.id, patternedDisk(smallDiskBytes, 1));
        await replica.close();
      });

      it('keeps the old replica and its points until the new one of a resized disk is a point', async () => {
        const old = patternedDisk(smallDiskBytes, 1);
        let replica = await replicated(old);
        const oldPoint = (await replica.points())[0]!;
        const bytes = patternedDisk(smallDiskBytes + 3 * trackingBlockBytes, 2);
        const grown = { ...system, sizeBytes: bytes.length };
        const newLineage = randomUUID();
        await stageInitial(replica, grown, bytes, newLineage, 2);
        expect((await replica.diskStates())[0]).toMatchObject({ phase: 'complete', cut: 1 });
        await expectDisk(replica, system.diskId, null, old);
        await vault.saveVm({ ...vm, disks: [grown] });
        expect((await replica.commit(cutOf(2, [system.diskId], 'fuzzy'))).point).toBeNull();
        replica = await reopened(replica);
        await expectDisk(replica, system.diskId, null, bytes);
        await expectDisk(replica, system.diskId, oldPoint.id, old);
        alterBlock(bytes, 0, 1, 5);
        await stageDelta(replica, system.diskId, deltaOf(newLineage, 3), bytes, [0]);
        const { point } = await replica.commit(cutOf(3, [system.diskId]));
        expect(await replica.points()).toEqual([point]);
        await expectDisk(replica, system.diskId, point!.id, bytes);
        await replica.close();
      });
    });

    describe('deltas', () => {
      it('change the replica at the commit and not before', async () => {
        const old = patternedDisk(smallDiskBytes, 1);
        const replica = await replicated(old);
        const bytes = old.slice();
        alterBlock(bytes, 0, 0b101, 2);
        alterBlock(bytes, 12, 0xff, 3);
        await stageDelta(replica, system.diskId, deltaOf(lineage, 2), bytes, [0, 12]);
        await expectDisk(replica, system.diskId, null, old);
        const { point } = await replica.commit(cutOf(2, [system.diskId]));
        await expectDisk(replica, system.diskId, null, bytes);
        await expectDisk(replica, system.diskId, point!.id, bytes);
        expect((await replica.points()).map((entry) => entry.cut)).toEqual([1, 2]);
        await expectDisk(replica, system.diskId, (await replica.points())[0]!.id, old);
        await replica.close();
      });

      it('clear a block that became zeros, and fill one that was', async () => {
        const old = patternedDisk(smallDiskBytes, 1);
        const replica = await replicated(old);
        const bytes = old.slice();
        alterBlock(bytes, 1, 0, 0);
        alterBlock(bytes, 3, 0b10, 4);
        alterBlock(bytes, 12, 0, 0);
        await stageDelta(replica, system.diskId, deltaOf(lineage, 2), bytes, [1, 3, 7, 12]);
        await replica.commit(cutOf(2, [system.diskId]));
        await expectDisk(replica, system.diskId, null, bytes);
        await expectDisk(replica, system.diskId, (await replica.points())[0]!.id, old);
        await replica.close();
      });

      it('let the last of several changes to a block count', async () => {
        const old = patternedDisk(smallDiskBytes, 1);
        const replica = await replicated(old);
        const middle = old.slice();
        alterBlock(middle, 0, 0b11, 2);
        alterBlock(middle, 1, 0, 0);
        alterBlock(middle, 2, 0xff, 2);
        const bytes = old.slice();
        alterBlock(bytes, 1, 0b100, 6);
        alterBlock(bytes, 2, 0, 0);
        const writer = await replica.beginDelta(system.diskId, deltaOf(lineage, 2));
        for (const block of [0, 1, 2]) await writer.put(changeOf(middle, block));
        for (const block of [0, 1, 2]) await writer.put(changeOf(bytes, block));
        await writer.seal();
        await replica.commit(cutOf(2, [system.diskId]));
        await expectDisk(replica, system.diskId, null, bytes);
        await expectDisk(replica, system.diskId, (await replica.points())[0]!.id, old);
        await replica.close();
      });

      it('take single pages of a block', async () => {
        const bytes = patternedDisk(smallDiskBytes, 1);
        const replica = await replicated(bytes);
        alterBlock(bytes, 4, 0b1000, 2);
        const writer = await replica.beginDelta(system.diskId, deltaOf(lineage, 2));
        const sent = await writer.put(changeOf(bytes, 4, 0b1000));
        expect(sent).toBeGreaterThanOrEqual(pageBytes);
        expect(sent).toBeLessThan(1.1 * pageBytes);
        await writer.seal();
        await replica.commit(cutOf(2, [system.diskId]));
        await expectDisk(replica, system.diskId, null, bytes);
        await replica.close();
      });

      it('are refused when pages of a block do not fit what the replica holds', async () => {
        const bytes = patternedDisk(smallDiskBytes, 1);
        const replica = await replicated(bytes);
        alterBlock(bytes, 4, 0b1001, 2);
        const writer = await replica.beginDelta(system.diskId, deltaOf(lineage, 2));
        await writer.put(changeOf(bytes, 4, 0b1000)).then(
          async () => {
            await writer.seal();
            await rejects(replica.commit(cutOf(2, [system.diskId])), 'REPLICA_INVALID');
          },
          (error: unknown) => expect(error).toMatchObject({ code: 'REPLICA_INVALID' }),
        );
        await writer.close();
        await expectDisk(replica, system.diskId, null, patternedDisk(smallDiskBytes, 1));
        await replica.close();
      });

      it('must follow the cut that the replica is at', async () => {
        const replica = await replicated(patternedDisk(smallDiskBytes, 1));
        await rejects(replica.beginDelta(system.diskId, deltaOf(lineage, 3)), 'HRL_OUT_OF_SEQUENCE');
        await rejects(replica.beginDelta(system.diskId, deltaOf(randomUUID(), 2)), 'HRL_OUT_OF_SEQUENCE');
        await rejects(replica.beginDelta(data.diskId, deltaOf(lineage, 2)), 'REPLICA_MISSING');
        await rejects(replica.commit(cutOf(2, [system.diskId])), 'HRL_OUT_OF_SEQUENCE');
        await replica.close();
      });

      it('that were abandoned leave no trace', async () => {
        const old = patternedDisk(smallDiskBytes, 1);
        let replica = await replicated(old);
        const lost = old.slice();
        alterBlock(lost, 0, 0xff, 2);
        const writer = await replica.beginDelta(system.diskId, deltaOf(lineage, 2));
        await writer.put(changeOf(lost, 0));
        await writer.close();
        replica = await reopened(replica);
        await rejects(replica.commit(cutOf(2, [system.diskId])), 'HRL_OUT_OF_SEQUENCE');
        const bytes = old.slice();
        alterBlock(bytes, 5, 1, 3);
        // One source, interrupted: it sends the same changes again, less those that are counted as staged.
        const changes = [changeOf(lost, 0), changeOf(bytes, 5)];
        const again = await replica.beginDelta(system.diskId, deltaOf(lineage, 2));
        for (const change of changes.slice(again.resumedChanges)) await again.put(change);
        await again.seal();
        alterBlock(bytes, 0, 0xff, 2);
        await replica.commit(cutOf(2, [system.diskId]));
        await expectDisk(replica, system.diskId, null, bytes);
        await replica.close();
      });

      it('that were sealed before the process was gone can be committed, or resumed as they are', async () => {
        const bytes = patternedDisk(smallDiskBytes, 1);
        let replica = await replicated(bytes);
        alterBlock(bytes, 0, 0xff, 2);
        alterBlock(bytes, 8, 0, 2);
        await stageDelta(replica, system.diskId, deltaOf(lineage, 2), bytes, [0, 8]);
        replica = await reopened(replica);
        const writer = await replica.beginDelta(system.diskId, deltaOf(lineage, 2));
        const changes = [0, 8].map((block) => changeOf(bytes, block));
        for (const change of changes.slice(writer.resumedChanges)) await writer.put(change);
        await writer.seal();
        replica = await reopened(replica);
        await replica.commit(cutOf(2, [system.diskId]));
        await expectDisk(replica, system.diskId, null, bytes);
        await replica.close();
      });

      it('of another cut replace what an interruption left', async () => {
        const old = patternedDisk(smallDiskBytes, 1);
        let replica = await replicated(old);
        const lost = old.slice();
        alterBlock(lost, 0, 0xff, 2);
        await stageDelta(replica, system.diskId, deltaOf(lineage, 2), lost, [0]);
        replica = await reopened(replica);
        const bytes = old.slice();
        alterBlock(bytes, 5, 1, 3);
        await stageDelta(
          replica,
          system.diskId,
          deltaOf(lineage, 3, 'crash', { previousCut: 1 }),
          bytes,
          [5],
        );
        await replica.commit(cutOf(3, [system.diskId]));
        await expectDisk(replica, system.diskId, null, bytes);
        await replica.close();
      });
    });

    describe('commit', () => {
      it('does nothing the second time', async () => {
        const bytes = patternedDisk(smallDiskBytes, 1);
        let replica = await replicated(bytes);
        alterBlock(bytes, 0, 0xff, 2);
        await stageDelta(replica, system.diskId, deltaOf(lineage, 2), bytes, [0]);
        const first = await replica.commit(cutOf(2, [system.diskId]));
        expect(await replica.commit(cutOf(2, [system.diskId]))).toEqual(first);
        replica = await reopened(replica);
        expect(await replica.commit(cutOf(2, [system.diskId]))).toEqual(first);
        expect(await replica.points()).toHaveLength(2);
        await expectDisk(replica, system.diskId, null, bytes);
        await replica.close();
      });

      it('moves all disks of a cut or none', async () => {
        const both = makeVm([system, data]);
        let replica = await replicated(patternedDisk(smallDiskBytes, 1), both);
        const oldData = patternedDisk(data.sizeBytes, 2);
        await stageInitial(replica, data, oldData, lineage, 1);
        await replica.commit({ ...cutOf(1, [data.diskId]), takenAtMs: 5 });
        const bytes = patternedDisk(smallDiskBytes, 1);
        alterBlock(bytes, 0, 0xff, 7);
        await stageDelta(replica, system.diskId, deltaOf(lineage, 2), bytes, [0]);
        await rejects(replica.commit(cutOf(2, [system.diskId, data.diskId])), 'HRL_OUT_OF_SEQUENCE');
        await expectDisk(replica, system.diskId, null, patternedDisk(smallDiskBytes, 1));
        replica = await reopened(replica);
        const newData = oldData.slice();
        alterBlock(newData, 2, 0xff, 8);
        await stageDelta(replica, data.diskId, deltaOf(lineage, 2), newData, [2]);
        await replica.commit(cutOf(2, [system.diskId, data.diskId]));
        expect((await replica.diskStates()).map((state) => state.cut)).toEqual([2, 2]);
        await expectDisk(replica, system.diskId, null, bytes);
        await expectDisk(replica, data.diskId, null, newData);
        await replica.close();
      });

      it('adds a point for a cut in which nothing changed', async () => {
        const bytes = patternedDisk(smallDiskBytes, 1);
        const replica = await replicated(bytes);
        const { point } = await replica.commit(cutOf(2, [], 'application'));
        expect(point).toMatchObject({ cut: 2, consistency: 'application' });
        expect((await replica.diskStates())[0]?.cut).toBe(1);
        await expectDisk(replica, system.diskId, point!.id, bytes);
        await replica.close();
      });

      it('of a fuzzy cut adds no point and destroys none', async () => {
        const old = patternedDisk(smallDiskBytes, 1);
        let replica = await replicated(old);
        const [kept] = await replica.points();
        const bytes = old.slice();
        for (let cut = 2; cut <= 8; cut += 1) {
          for (const block of [0, 1, cut]) alterBlock(bytes, block, 1 << (cut % 8), cut);
          await stageDelta(replica, system.diskId, deltaOf(lineage, cut, 'fuzzy'), bytes, [0, 1, cut]);
          expect((await replica.commit(cutOf(cut, [system.diskId], 'fuzzy'))).point).toBeNull();
          expect((await replica.points()).map((point) => point.id)).toEqual([kept!.id]);
          await expectDisk(replica, system.diskId, kept!.id, old);
          await expectDisk(replica, system.diskId, null, bytes);
        }
        replica = await reopened(replica);
        await replica.prune(1);
        await expectDisk(replica, system.diskId, kept!.id, old);
        await replica.close();
      });
    });

    describe('points', () => {
      it('go by their age too, and one always stays', async () => {
        const bytes = patternedDisk(smallDiskBytes, 1);
        let replica = await replicated(bytes);
        const states = [bytes.slice()];
        for (let cut = 2; cut <= 5; cut += 1) {
          alterBlock(bytes, cut, 0xff, cut);
          await stageDelta(replica, system.diskId, deltaOf(lineage, cut), bytes, [cut]);
          await replica.commit(cutOf(cut, [system.diskId]));
          states.push(bytes.slice());
        }
        expect(await replica.prune(10, cutOf(3, []).takenAtMs)).toBe(2);
        expect((await replica.points()).map((point) => point.cut)).toEqual([3, 4, 5]);
        expect(await replica.prune(2, cutOf(3, []).takenAtMs)).toBe(1);
        expect(await replica.prune(10, null)).toBe(0);
        replica = await reopened(replica);
        for (const point of await replica.points()) {
          await expectDisk(replica, system.diskId, point.id, states[point.cut - 1]!);
        }
        expect(await replica.prune(10, cutOf(6, []).takenAtMs)).toBe(1);
        expect((await replica.points()).map((point) => point.cut)).toEqual([5]);
        await expectDisk(replica, system.diskId, null, bytes);
        await replica.close();
      });

      it('go from the oldest, and one always stays', async () => {
        const bytes = patternedDisk(smallDiskBytes, 1);
        const replica = await replicated(bytes);
        const states = [bytes.slice()];
        for (let cut = 2; cut <= 6; cut += 1) {
          alterBlock(bytes, cut, 0xff, cut);
          await stageDelta(replica, system.diskId, deltaOf(lineage, cut), bytes, [cut]);
          await replica.commit(cutOf(cut, [system.diskId]));
          states.push(bytes.slice());
        }
        expect(await replica.prune(3)).toBe(3);
        expect((await replica.points()).map((point) => point.cut)).toEqual([4, 5, 6]);
        for (const point of await replica.points()) {
          await expectDisk(replica, system.diskId, point.id, states[point.cut - 1]!);
        }
        expect(await replica.prune(3)).toBe(0);
        expect(await replica.prune(0)).toBe(2);
        expect((await replica.points()).map((point) => point.cut)).toEqual([6]);
        await expectDisk(replica, system.diskId, null, bytes);
        await rejects(replica.openDisk(system.diskId, '20200101T000000Z-1'), 'POINT_NOT_FOUND');
        await replica.close();
      });

      it('can be dropped altogether, and begin again with the next consistent cut', async () => {
        const bytes = patternedDisk(smallDiskBytes, 1);
        const replica = await replicated(bytes);
        await replica.dropPoints();
        expect(await replica.points()).toEqual([]);
        await expectDisk(replica, system.diskId, null, bytes);
        alterBlock(bytes, 0, 1, 2);
        await stageDelta(replica, system.diskId, deltaOf(lineage, 2), bytes, [0]);
        await replica.commit(cutOf(2, [system.diskId]));
        expect((await replica.points()).map((point) => point.cut)).toEqual([2]);
        await replica.close();
      });

      it('are read by a fresh instance without the writer’s right, while the writer goes on', async () => {
        const old = patternedDisk(smallDiskBytes, 1);
        const replica = await replicated(old);
        const other = await storage.open();
        const reader = await other.readVm(vm.vmId);
        expect(reader.vm).toEqual(vm);
        const [point] = await reader.points();
        const content = await reader.openDisk(system.diskId, point!.id);
        const newest = await reader.openDisk(system.diskId, null);
        const bytes = old.slice();
        alterBlock(bytes, 0, 0xff, 2);
        await stageDelta(replica, system.diskId, deltaOf(lineage, 2), bytes, [0]);
        await replica.commit(cutOf(2, [system.diskId]));
        const found = new Uint8Array(trackingBlockBytes);
        await content.read(found, 0);
        expect(Buffer.from(found).equals(blockOf(old, 0))).toBe(true);
        const digest = new Uint8Array(16);
        await content.digests(digest, 0);
        expect(digest).toEqual(digestOf(blockOf(old, 0)));
        await rejects(newest.read(found, 0), 'STATE_INVALID');
        await content.close();
        await newest.close();
        await expectDisk(reader, system.diskId, null, bytes);
        await reader.close();
        await other.close();
        await replica.close();
      });
    });

    describe('re-basing', () => {
      it('takes a delta whatever cut the replica is at and goes on in the new lineage', async () => {
        const old = patternedDisk(smallDiskBytes, 1);
        const replica = await replicated(old);
        const next = randomUUID();
        const bytes = old.slice();
        alterBlock(bytes, 0, 0xff, 2);
        alterBlock(bytes, 3, 0b10, 2);
        const spec = deltaOf(next, 1, 'crash', { previousCut: 0, rebaseTo: next });
        await stageDelta(replica, system.diskId, spec, bytes, [0, 3]);
        await replica.commit({ ...cutOf(1, [system.diskId]), takenAtMs: Date.UTC(2026, 1, 1) });
        expect((await replica.diskStates())[0]).toMatchObject({ lineage: next, cut: 1 });
        await expectDisk(replica, system.diskId, null, bytes);
        const points = await replica.points();
        expect(points).toHaveLength(2);
        await expectDisk(replica, system.diskId, points[0]!.id, old);
        await rejects(replica.beginDelta(system.diskId, deltaOf(lineage, 2)), 'HRL_OUT_OF_SEQUENCE');
        alterBlock(bytes, 1, 1, 3);
        await stageDelta(replica, system.diskId, deltaOf(next, 2), bytes, [1]);
        await replica.commit(cutOf(2, [system.diskId]));
        await expectDisk(replica, system.diskId, points[1]!.id, await withBlock(bytes, 1, old));
        await replica.close();
      });
    });

    it('narrows changes down with a baseline, or says that reading is dear', async () => {
      const bytes = patternedDisk(smallDiskBytes, 1);
      const replica = await replicated(bytes);
      const baseline = await replica.openBaseline(system.diskId);
      if (baseline !== null) {
        const block = new Uint8Array(trackingBlockBytes);
        await baseline.read(block, 2 * trackingBlockBytes);
        expect(Buffer.from(block).equals(blockOf(bytes, 2))).toBe(true);
        await baseline.close();
      }
      await replica.close();
    });

    describeComparisons(() => makeVault());
    describeMembers(() => makeVault());
    describeVaultHistories(() => makeVault());
  });
};

const withBlock = async (bytes: Uint8Array, block: number, from: Uint8Array): Promise<Uint8Array> => {
  const copy = bytes.slice();
  copy.set(blockOf(from, block), block * trackingBlockBytes);
  return copy;
};
