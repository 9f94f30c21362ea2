import { randomUUID } from 'node:crypto';
import fc from 'fast-check';
import { expect, it } from 'vitest';
import type { Consistency } from '../../src/contract/model.ts';
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

const change = fc.record({
  block: fc.integer({ min: 0, max: 12 }),
  // A mask of 0 makes the block zeros.
  mask: fc.oneof(fc.constant(0), fc.constant(0xff), fc.integer({ min: 1, max: 0xff })),
  seed: fc.integer({ min: 2, max: 6 }),
});
const cut = fc.record({
  kind: fc.constant('cut' as const),
  consistency: fc.constantFrom<Consistency>('crash', 'fuzzy', 'fuzzy', 'application'),
  changes: fc.array(fc.record({ disk: fc.integer({ min: 0, max: 1 }), change }), { maxLength: 8 }),
});
const step = fc.oneof(
  { weight: 8, arbitrary: cut },
  {
    weight: 1,
    arbitrary: fc.record({ kind: fc.constant('prune' as const), keep: fc.integer({ min: 1, max: 3 }) }),
  },
  { weight: 1, arbitrary: fc.constant({ kind: 'reopen' as const }) },
);

/** Random histories of two disks against a model that remembers every cut as a whole. */
export const describeVaultHistories = (makeVault: () => Promise<VaultUnderTest>): void => {
  it('rebuilds every point exactly, over any history of cuts, fuzzy cuts, prunings and restarts', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(step, { minLength: 1, maxLength: 14 }), async (steps) => {
        const storage = await makeVault();
        let vault: ReplicaVault = await storage.open();
        let replica: VmReplica | undefined;
        try {
          const disks = [makeDisk('system.vhdx'), makeDisk('data.vhdx')];
          const vm = makeVm(disks);
          const lineage = randomUUID();
          const now = disks.map((_, index) => patternedDisk(smallDiskBytes, index));
          const cuts = new Map<string, Uint8Array[]>();
          const remember = (id: string | undefined) =>
            id !== undefined &&
            cuts.set(
              id,
              now.map((bytes) => bytes.slice()),
            );
          await vault.saveVm(vm);
          replica = await vault.openVm(vm.vmId, thisInstallation);
          for (const [index, disk] of disks.entries())
            await stageInitial(replica, disk, now[index]!, lineage, 1);
          remember(
            (
              await replica.commit(
                cutOf(
                  1,
                  disks.map((disk) => disk.diskId),
                ),
              )
            ).point?.id,
          );
          const at = disks.map(() => 1);
          let number = 1;
          for (const action of steps) {
            if (action.kind === 'reopen') {
              await replica.close();
              await vault.close();
              vault = await storage.open();
              replica = await vault.openVm(vm.vmId, thisInstallation);
            } else if (action.kind === 'prune') {
              const kept = (await replica.points()).slice(-action.keep).map((point) => point.id);
              await replica.prune(action.keep);
              for (const id of cuts.keys()) if (!kept.includes(id)) cuts.delete(id);
            } else {
              number += 1;
              const changed: string[] = [];
              for (const [index, disk] of disks.entries()) {
                const changes = action.changes
                  .filter((entry) => entry.disk === index)
                  .map((entry) => entry.change);
                if (changes.length === 0) continue;
                for (const { block, mask, seed } of changes) alterBlock(now[index]!, block, mask, seed);
                const blocks = changes.map(({ block }) => block);
                const spec = deltaOf(lineage, number, action.consistency, { previousCut: at[index]! });
                await stageDelta(replica, disk.diskId, spec, now[index]!, blocks);
                changed.push(disk.diskId);
                at[index] = number;
              }
              remember((await replica.commit(cutOf(number, changed, action.consistency))).point?.id);
            }
          }
          expect((await replica.points()).map((point) => point.id)).toEqual([...cuts.keys()]);
          for (const [index, disk] of disks.entries()) {
            await expectDisk(replica, disk.diskId, null, now[index]!);
            for (const [id, states] of cuts) await expectDisk(replica, disk.diskId, id, states[index]!);
          }
        } finally {
          await replica?.close();
          await vault.close();
          await storage.dispose();
        }
      }),
      { numRuns: 12 },
    );
  });
};
