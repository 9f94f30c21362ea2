import { appendFileSync, constants, copyFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { openFolderHost } from '../../../../src/main/host/folder/folder-host.ts';
import { sweepFrozenClones } from '../../../../src/main/host/folder/freeze.ts';
import { type Clock, systemClock } from '../../../../src/main/platform/clock.ts';
import { settledStamp, stampFile } from '../../../../src/main/platform/file-stamp.ts';
import { makeChild, makeRoot, makeVhdx, writeInto } from './site.ts';

/** Whether files here are cloned: then these tests of live files say nothing; freeze-clone.test.ts has the others. */
const clones = (): boolean => {
  const root = makeRoot();
  writeFileSync(join(root, 'a'), 'x');
  try {
    copyFileSync(join(root, 'a'), join(root, 'b'), constants.COPYFILE_FICLONE_FORCE);
    console.warn('skipping the freeze of live files: the temporary directory can clone');
    return true;
  } catch {
    return false;
  }
};

/** A VM with disks of these names, written long enough ago. */
const vmWith = async (...names: readonly string[]) => {
  const root = makeRoot();
  for (const name of names) await makeVhdx(join(root, 'vm', name));
  for (const name of names) await settledStamp(join(root, 'vm', name), systemClock);
  const host = openFolderHost(root);
  const [vm] = await host.listVms();
  return { root, host, vm: vm!, ids: vm!.disks.map(({ id }) => id) };
};

describe.skipIf(clones())('freezing live files', () => {
  it('reads them where they are, and is one point in time while they stand still', async () => {
    const { host, vm, ids } = await vmWith('a.vhdx', 'b.vhdx');
    const beforeMs = Date.now();
    const frozen = await host.freeze(vm, ids);
    expect(frozen.takenAtMs).toBeGreaterThanOrEqual(beforeMs);
    expect(frozen.takenAtMs).toBeLessThanOrEqual(Date.now());
    expect(frozen.disks).toEqual(
      vm.disks.map(({ id, path }) => ({ diskId: id, path, cloned: false, stamps: [stampFile(path)] })),
    );
    expect(await frozen.isConsistent()).toBe(true);
    await frozen.release();
    await frozen.release();
  });

  it('is none once any of the disks was written', async () => {
    const { host, vm, ids } = await vmWith('a.vhdx', 'b.vhdx');
    const frozen = await host.freeze(vm, ids);
    await writeInto(join(vm.path, 'b.vhdx'), 1);
    expect(await frozen.isConsistent()).toBe(false);
    // A cut of the other disk alone is not touched by that.
    const other = await host.freeze(vm, [ids[0]!]);
    expect(await other.isConsistent()).toBe(true);
  });

  it('is none when a parent was written or removed: a merge of a checkpoint does both', async () => {
    const { host, vm } = await vmWith('a.vhdx');
    await makeChild(join(vm.path, 'a_1.avhdx'), join(vm.path, 'a.vhdx'));
    const ids = (await host.listVms())[0]!.disks.map(({ id }) => id);
    const written = await host.freeze(vm, ids);
    appendFileSync(join(vm.path, 'a.vhdx'), 'x');
    expect(await written.isConsistent()).toBe(false);
    const removed = await host.freeze(vm, ids);
    rmSync(join(vm.path, 'a.vhdx'));
    expect(await removed.isConsistent()).toBe(false);
  });

  it('is none when a disk was busy as it began, also if nothing is seen to change afterwards', async () => {
    const { root, vm, ids } = await vmWith('a.vhdx');
    const path = join(vm.path, 'a.vhdx');
    appendFileSync(path, 'x');
    const busy: Clock = { now: systemClock.now, wait: async () => appendFileSync(path, 'x') };
    const frozen = await openFolderHost(root, busy).freeze(vm, ids);
    expect(frozen.disks[0]!.stamps).toBeNull();
    expect(await frozen.isConsistent()).toBe(false);
  });

  it('follows a checkpoint that was made since the VM was listed', async () => {
    const { host, vm, ids } = await vmWith('a.vhdx');
    const tip = await makeChild(join(vm.path, 'a_1.avhdx'), join(vm.path, 'a.vhdx'));
    const frozen = await host.freeze(vm, ids);
    expect(frozen.disks[0]).toMatchObject({ path: tip });
    expect(frozen.disks[0]!.stamps).toHaveLength(2);
  });

  it('refuses what is gone, and says what is wrong with it', async () => {
    const { root, host, vm, ids } = await vmWith('a.vhdx', 'b.vhdx');
    await expect(host.freeze(vm, ['no such id'])).rejects.toMatchObject({ code: 'DISK_NOT_IN_VM' });
    writeFileSync(join(vm.path, 'a.vhdx'), 'damaged');
    const damaged = vm.disks.find(({ name }) => name === 'a.vhdx')!;
    await expect(host.freeze(vm, [damaged.id])).rejects.toMatchObject({ code: 'DISK_FORMAT_UNKNOWN' });
    renameSync(vm.path, join(root, 'renamed'));
    await expect(host.freeze(vm, ids)).rejects.toMatchObject({ code: 'VM_NOT_FOUND', vm: 'vm' });
  });

  it('has nothing to sweep beside disks but clones that a crash left', async () => {
    const { host, vm } = await vmWith('a.vhdx');
    writeFileSync(join(vm.path, 'a.vhdx.hvrc-freeze'), 'left over');
    writeFileSync(join(vm.path, 'a.vhdx.hrl'), 'a log');
    expect((await host.listVms())[0]!.disks).toHaveLength(1);
    expect(await sweepFrozenClones(vm)).toBe(1);
    expect(await sweepFrozenClones(vm)).toBe(0);
    expect(stampFile(join(vm.path, 'a.vhdx.hrl')).sizeBytes).toBe(5);
  });
});
