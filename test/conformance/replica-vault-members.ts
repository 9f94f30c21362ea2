import { randomUUID } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { trackingBlockBytes } from '../../src/main/block/tracking-block.ts';
import type { ReplicaVault, VmReplica } from '../../src/main/vault/replica-vault.ts';
import {
  alterBlock,
  cutOf,
  deltaOf,
  expectDisk,
  makeDisk,
  makeVm,
  patternedDisk,
  smallDiskBytes,
  stageDelta,
  stageInitial,
  thisInstallation,
} from '../support/vault-model.ts';
import type { VaultUnderTest } from './replica-vault.ts';

/** Disks that come to a VM and that leave it: which points they are in. */
export const describeMembers = (makeVault: () => Promise<VaultUnderTest>): void => {
  const system = makeDisk('system.vhdx');
  const data = makeDisk('data.vhd', 5 * trackingBlockBytes);
  const lineage = randomUUID();
  const withVault = async (work: (vault: ReplicaVault) => Promise<void>): Promise<void> => {
    const storage = await makeVault();
    const vault = await storage.open();
    try {
      await work(vault);
    } finally {
      await vault.close();
      await storage.dispose();
    }
  };
  const deltaOfSystem = async (replica: VmReplica, cut: number, bytes: Uint8Array, previousCut = cut - 1) => {
    alterBlock(bytes, 0, 1, cut);
    await stageDelta(replica, system.diskId, deltaOf(lineage, cut, 'crash', { previousCut }), bytes, [0]);
    return (await replica.commit(cutOf(cut, [system.diskId]))).point;
  };

  describe('the disks of a VM', () => {
    it('make points without one that joins, and with it once it has joined', () =>
      withVault(async (vault) => {
        const vm = makeVm([system]);
        await vault.saveVm(vm);
        const replica = await vault.openVm(vm.vmId, thisInstallation);
        const bytes = patternedDisk(smallDiskBytes, 1);
        await stageInitial(replica, system, bytes, lineage, 1);
        await replica.commit(cutOf(1, [system.diskId]));
        await vault.saveVm({ ...vm, disks: [system, { ...data, joins: true }] });
        expect(await deltaOfSystem(replica, 2, bytes)).toMatchObject({ diskIds: [system.diskId] });

        const content = patternedDisk(data.sizeBytes, 2);
        await stageInitial(replica, data, content, lineage, 3);
        expect((await replica.commit(cutOf(3, [data.diskId], 'fuzzy'))).point).toBeNull();
        expect(await deltaOfSystem(replica, 4, bytes, 2)).toMatchObject({ diskIds: [system.diskId] });
        await vault.saveVm({ ...vm, disks: [system, data] });
        const point = await deltaOfSystem(replica, 5, bytes);
        expect(point?.diskIds.toSorted()).toEqual([system.diskId, data.diskId].toSorted());
        await expectDisk(replica, data.diskId, point!.id, content);
        await expectDisk(replica, system.diskId, point!.id, bytes);
        await replica.close();
      }));

    it('keep the points that have one that left, with what a restore must know of it', () =>
      withVault(async (vault) => {
        const vm = makeVm([system, data]);
        await vault.saveVm(vm);
        const replica = await vault.openVm(vm.vmId, thisInstallation);
        const bytes = patternedDisk(smallDiskBytes, 1);
        const content = patternedDisk(data.sizeBytes, 2);
        await stageInitial(replica, system, bytes, lineage, 1);
        await stageInitial(replica, data, content, lineage, 1);
        const { point: whole } = await replica.commit(cutOf(1, [system.diskId, data.diskId]));
        // What is on its way to it when it leaves is in nobody's way.
        const changed = content.slice();
        alterBlock(changed, 1, 1, 2);
        await stageDelta(replica, data.diskId, deltaOf(lineage, 2), changed, [1]);
        await vault.saveVm({ ...vm, disks: [system] });
        await replica.close();
        const again = await vault.openVm(vm.vmId, thisInstallation);
        expect(again.vm).toMatchObject({ disks: [system], formerDisks: [data] });
        expect(await deltaOfSystem(again, 2, bytes)).toMatchObject({ diskIds: [system.diskId] });
        expect((await again.diskStates()).map(({ diskId }) => diskId)).toEqual([system.diskId]);
        await expectDisk(again, data.diskId, whole!.id, content);
        await again.prune(1);
        expect((await again.points()).map(({ diskIds }) => diskIds)).toEqual([[system.diskId]]);
        await vault.saveVm({ ...vm, disks: [system] });
        const [left] = await vault.listVms();
        expect(left?.formerDisks).toBeUndefined();
        await again.close();
      }));
  });
};
