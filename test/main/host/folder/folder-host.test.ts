import {
  copyFileSync,
  cpSync,
  existsSync,
  mkdirSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { openFolderHost } from '../../../../src/main/host/folder/folder-host.ts';
import type { HostVm } from '../../../../src/main/host/host.ts';
import { systemClock } from '../../../../src/main/platform/clock.ts';
import { settledStamp } from '../../../../src/main/platform/file-stamp.ts';
import { writeGpt, writeMbr } from '../../../../src/main/sample/partitions.ts';
import { makeChild, makeRoot, makeVhd, makeVhdx, mebibyte, writeInto } from './site.ts';

const list = (root: string) => openFolderHost(root).listVms();

const onlyVm = async (root: string): Promise<HostVm> => {
  const vms = await list(root);
  expect(vms).toHaveLength(1);
  return vms[0]!;
};

describe('listing a folder host', () => {
  it('finds VMs by disk files in their folder and in Virtual Hard Disks, however it is spelt', async () => {
    const root = makeRoot();
    await makeVhd(join(root, 'web', 'web.vhd'));
    await makeVhdx(join(root, 'sql', 'virtual hard DISKS', 'sql.VHDX'));
    mkdirSync(join(root, 'documents'));
    writeFileSync(join(root, 'documents', 'readme.txt'), 'no disk here');
    await makeVhdx(join(root, 'nested', 'deeper', 'disk.vhdx'));

    const vms = await list(root);
    expect(vms.map(({ name }) => name)).toEqual(['sql', 'web']);
    expect(vms[0]!.disks[0]).toMatchObject({ name: 'sql.VHDX', format: 'vhdx', kind: 'dynamic' });
    expect(vms[1]!.disks[0]).toMatchObject({
      name: 'web.vhd',
      format: 'vhd',
      sizeBytes: 64 * mebibyte,
      logicalSectorBytes: 512,
      path: join(root, 'web', 'web.vhd'),
      rootPath: join(root, 'web', 'web.vhd'),
    });
    expect(vms.flatMap(({ problems }) => problems)).toEqual([]);
  });

  it('keeps a VM its id when the folder is renamed, and gives a copy another one', async () => {
    const root = makeRoot();
    await makeVhdx(join(root, 'old name', 'a.vhdx'));
    const before = await onlyVm(root);
    renameSync(join(root, 'old name'), join(root, 'new name'));
    const after = await onlyVm(root);
    expect(after).toMatchObject({ id: before.id, name: 'new name' });
    expect(after.id).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-8[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);

    cpSync(join(root, 'new name'), join(root, 'copy'), { recursive: true });
    const ids = (await list(root)).map(({ id }) => id);
    expect(ids).toHaveLength(2);
    expect(new Set(ids).size).toBe(2);
    expect(ids).toContain(before.id);
  });

  it('says that the host folder cannot be reached', async () => {
    const missing = join(makeRoot(), 'unplugged');
    await expect(list(missing)).rejects.toMatchObject({ code: 'HOST_NOT_FOUND', file: missing });
  });

  it('shows a VM under two names once, and no link that leads nowhere', async () => {
    const root = makeRoot();
    await makeVhdx(join(root, 'vm', 'a.vhdx'));
    symlinkSync(join(root, 'vm'), join(root, 'again'), 'junction');
    symlinkSync(join(root, 'nowhere'), join(root, 'dangling'), 'junction');
    if (process.platform !== 'win32') symlinkSync(join(root, 'vm', 'a.vhdx'), join(root, 'vm', 'c.vhdx'));
    const vm = await onlyVm(root);
    expect(vm.disks.map(({ name }) => name)).toEqual(['a.vhdx']);
    expect(vm.problems).toEqual([]);
  });

  it('does not follow links out of the root, and says so of each VM that has one', async () => {
    const root = makeRoot();
    const elsewhere = makeRoot();
    const away = join(elsewhere, 'away');
    await makeVhdx(join(away, 'away.vhdx'));
    mkdirSync(join(elsewhere, 'documents'));
    symlinkSync(away, join(root, 'linked'), 'junction');
    symlinkSync(join(elsewhere, 'documents'), join(root, 'papers'), 'junction');
    mkdirSync(join(root, 'stored-away'));
    symlinkSync(away, join(root, 'stored-away', 'Virtual Hard Disks'), 'junction');
    const code = 'DISK_OUTSIDE_HOST';
    const [linked, stored, ...others] = await list(root);
    expect(others).toEqual([]);
    expect(linked).toMatchObject({ name: 'linked', disks: [], unreadable: [], problems: [{ code }] });
    expect(linked!.problems[0]!.message).toContain(away);
    const unreadable = [{ name: 'Virtual Hard Disks', error: { code } }];
    expect(stored).toMatchObject({ name: 'stored-away', disks: [], unreadable, problems: [{ code }] });
  });

  it.skipIf(process.platform === 'win32')(
    'lists a VM whose only disk is a link out of the root',
    async () => {
      const root = makeRoot();
      const away = await makeVhdx(join(makeRoot(), 'away', 'away.vhdx'));
      mkdirSync(join(root, 'vm'));
      symlinkSync(away, join(root, 'vm', 'a.vhdx'));
      symlinkSync(join(root, 'nowhere.vhdx'), join(root, 'vm', 'b.vhdx'));
      const vm = await onlyVm(root);
      expect(vm.disks).toEqual([]);
      expect(vm.unreadable).toMatchObject([
        { name: 'a.vhdx', path: join(root, 'vm', 'a.vhdx'), error: { code: 'DISK_OUTSIDE_HOST', vm: 'vm' } },
        { name: 'b.vhdx', error: { code: 'DISK_NOT_FOUND' } },
      ]);
      expect(vm.problems).toEqual(vm.unreadable.map(({ error }) => error));
    },
  );

  // Tried again where the machine was busy with something else for a moment.
  it('lists 60 VMs of 4 disks within a second, and again without reading them', { retry: 2 }, async () => {
    const root = makeRoot();
    const model = await makeVhdx(join(root, 'vm-00', 'disk-0.vhdx'));
    for (let vm = 0; vm < 60; vm++) {
      const folder = join(root, `vm-${String(vm).padStart(2, '0')}`);
      mkdirSync(folder, { recursive: true });
      for (let disk = 0; disk < 4; disk++) {
        if (vm + disk > 0) copyFileSync(model, join(folder, `disk-${disk}.vhdx`));
      }
    }
    // Files that are written at this moment are rightly not remembered.
    await settledStamp(join(root, 'vm-59', 'disk-3.vhdx'), systemClock);
    const host = openFolderHost(root);
    const startedMs = performance.now();
    const vms = await host.listVms();
    expect(performance.now() - startedMs).toBeLessThan(1000);
    expect(vms.flatMap(({ disks }) => disks)).toHaveLength(240);

    if (!existsSync('/proc/self/io')) return;
    const bytesRead = () => Number(/rchar: (\d+)/.exec(readFileSync('/proc/self/io', 'latin1'))?.[1]);
    const readBefore = bytesRead();
    expect(await host.listVms()).toEqual(vms);
    // The least that one VHDX costs is its 64 KiB of region table.
    expect(bytesRead() - readBefore).toBeLessThan(64 * 1024);
  });

  it('sees a disk again that was written since', async () => {
    const root = makeRoot();
    const path = await makeVhdx(join(root, 'vm', 'a.vhdx'));
    const host = openFolderHost(root);
    await settledStamp(path, systemClock);
    expect((await host.listVms())[0]!.generation).toBeNull();
    rmSync(path);
    await makeVhdx(path, (disk) => writeMbr(disk, [linux(true)], 1));
    expect((await host.listVms())[0]!.generation).toBe(1);
  });
});

const linux = (active: boolean) => ({ type: 0x83, offset: mebibyte, length: 32 * mebibyte, active });
const gptPartition = (type: 'efiSystem' | 'basicData') => ({
  type,
  name: type,
  offset: mebibyte,
  length: 32 * mebibyte,
  id: '6a0f0c50-2a55-4e9c-8f53-0c8de3b3a001',
});
const diskGuid = '6a0f0c50-2a55-4e9c-8f53-0c8de3b3a002';

describe('the operating system disk', () => {
  it('is the one with an active partition, whatever its name: generation 1', async () => {
    const root = makeRoot();
    await makeVhd(join(root, 'vm', 'a-data.vhd'), (disk) => writeMbr(disk, [linux(false)], 1));
    await makeVhd(join(root, 'vm', 'system.vhd'), (disk) => writeMbr(disk, [linux(true)], 2));
    const vm = await onlyVm(root);
    expect(vm.generation).toBe(1);
    expect(vm.disks.map(({ name, isOperatingSystem }) => [name, isOperatingSystem])).toEqual([
      ['a-data.vhd', false],
      ['system.vhd', true],
    ]);
  });

  it('is the one with an EFI system partition: generation 2', async () => {
    const root = makeRoot();
    await makeVhdx(join(root, 'vm', 'a.vhdx'), (disk) =>
      writeGpt(disk, [gptPartition('basicData')], diskGuid),
    );
    await makeVhdx(join(root, 'vm', 'b.vhdx'), (disk) =>
      writeGpt(disk, [gptPartition('efiSystem')], diskGuid),
    );
    const vm = await onlyVm(root);
    expect(vm.generation).toBe(2);
    expect(vm.disks.map(({ isOperatingSystem }) => isOperatingSystem)).toEqual([false, true]);
  });

  it('is the first by name where none can start', async () => {
    const root = makeRoot();
    await makeVhdx(join(root, 'vm', 'b.vhdx'));
    await makeVhdx(join(root, 'vm', 'a.vhdx'));
    const vm = await onlyVm(root);
    expect(vm.generation).toBeNull();
    expect(vm.disks.map(({ name, isOperatingSystem }) => [name, isOperatingSystem])).toEqual([
      ['a.vhdx', true],
      ['b.vhdx', false],
    ]);
  });
});

describe('chains', () => {
  it('make one disk: its root gives name and id, its tip is what the VM writes into', async () => {
    const root = makeRoot();
    const base = await makeVhdx(join(root, 'vm', 'system.vhdx'));
    const baseId = (await onlyVm(root)).disks[0]!.id;
    const first = await makeChild(join(root, 'vm', 'system_1.avhdx'), base);
    const second = await makeChild(join(root, 'vm', 'system_2.avhdx'), first);
    const vm = await onlyVm(root);
    expect(vm.problems).toEqual([]);
    expect(vm.disks).toHaveLength(1);
    expect(vm.disks[0]).toMatchObject({
      id: baseId,
      name: 'system.vhdx',
      rootPath: base,
      path: second,
      files: [second, first, base],
      kind: 'differencing',
    });
  });

  it('with several tips belong to the one written last', async () => {
    const root = makeRoot();
    const base = await makeVhdx(join(root, 'vm', 'a.vhdx'));
    const older = await makeChild(join(root, 'vm', 'a_1.avhdx'), base);
    const newer = await makeChild(join(root, 'vm', 'a_2.avhdx'), base);
    utimesSync(newer, 1_000_000, 1_000_000);
    utimesSync(older, 1_000_000, 999_999);
    expect((await onlyVm(root)).disks.map(({ path }) => path)).toEqual([newer]);

    utimesSync(older, 1_000_000, 1_000_000);
    const vm = await onlyVm(root);
    expect(vm.disks).toEqual([]);
    expect(vm.problems).toMatchObject([{ code: 'DISK_CHAIN_BROKEN', vm: 'vm' }]);
  });

  it('over a template outside the VM folder are named after the VM’s own file', async () => {
    const root = makeRoot();
    const template = await makeVhdx(join(makeRoot(), 'templates', 'server.vhdx'));
    mkdirSync(join(root, 'vm'));
    const own = await makeChild(join(root, 'vm', 'system.vhdx'), template, undefined, template);
    const data = await makeChild(join(root, 'vm', 'data.vhdx'), template, undefined, template);
    const vm = await onlyVm(root);
    expect(vm.disks.map(({ rootPath, name }) => [rootPath, name])).toEqual([
      [data, 'data.vhdx'],
      [own, 'system.vhdx'],
    ]);
    expect(new Set(vm.disks.map(({ id }) => id)).size).toBe(2);
  });
});

describe('disk files that cannot be used', () => {
  it('are problems of their VM, and leave its other disks and the other VMs alone', async () => {
    const root = makeRoot();
    await makeVhdx(join(root, 'healthy', 'a.vhdx'));
    await makeVhdx(join(root, 'mixed', 'good.vhdx'));
    const bad = join(root, 'mixed', 'bad.vhdx');
    writeFileSync(bad, Buffer.alloc(100_000, 7));
    const [healthy, mixed] = await list(root);
    expect(healthy).toMatchObject({ name: 'healthy', problems: [] });
    expect(mixed!.disks.map(({ name }) => name)).toEqual(['good.vhdx']);
    expect(mixed!.problems).toMatchObject([{ code: 'DISK_FORMAT_UNKNOWN', vm: 'mixed', file: bad }]);
    expect(mixed!.unreadable).toMatchObject([
      { name: 'bad.vhdx', path: bad, error: { code: 'DISK_FORMAT_UNKNOWN' } },
    ]);
  });

  it('report a missing parent once, however many children miss it, and are found again when it is put back', async () => {
    const root = makeRoot();
    const base = await makeVhdx(join(root, 'vm', 'a.vhdx'));
    const first = await makeChild(join(root, 'vm', 'a_1.avhdx'), base);
    await makeChild(join(root, 'vm', 'a_2.avhdx'), first);
    const host = openFolderHost(root);
    await settledStamp(base, systemClock);
    await host.listVms();
    renameSync(base, join(root, 'kept'));
    const [broken] = await host.listVms();
    expect(broken!.disks).toEqual([]);
    expect(broken!.problems).toMatchObject([{ code: 'DISK_CHAIN_BROKEN' }]);
    expect(broken!.unreadable).toMatchObject([{ name: 'a_1.avhdx', error: { code: 'DISK_CHAIN_BROKEN' } }]);
    renameSync(join(root, 'kept'), base);
    expect((await host.listVms())[0]).toMatchObject({ problems: [], disks: [{ name: 'a.vhdx' }] });
  });

  it('withhold the disk that they may continue: its older files would pass for its present state', async () => {
    const root = makeRoot();
    const base = await makeVhdx(join(root, 'vm', 'a.vhdx'));
    await makeVhdx(join(root, 'vm', 'b.vhdx'));
    await makeChild(join(root, 'vm', 'a-checkpoint.avhdx'), base);
    // The parent is changed behind the child's back: the chain is broken for good.
    await writeInto(base, 1);
    const mismatched = await onlyVm(root);
    expect(mismatched.disks.map(({ name }) => name)).toEqual(['b.vhdx']);
    expect(mismatched.problems).toMatchObject([{ code: 'DISK_CHAIN_BROKEN' }]);
    expect(mismatched.unreadable).toMatchObject([
      { name: 'a.vhdx', path: join(root, 'vm', 'a-checkpoint.avhdx') },
    ]);

    rmSync(join(root, 'vm', 'a-checkpoint.avhdx'));
    writeFileSync(join(root, 'vm', 'A_5E2B.avhdx'), Buffer.alloc(4096));
    const unreadable = await onlyVm(root);
    expect(unreadable.disks.map(({ name }) => name)).toEqual(['b.vhdx']);
    expect(unreadable.problems).toHaveLength(1);
  });

  it('leave the other disks over a shared template alone', async () => {
    const root = makeRoot();
    const template = await makeVhdx(join(makeRoot(), 'templates', 'server.vhdx'));
    mkdirSync(join(root, 'vm'));
    const early = await makeChild(join(root, 'vm', 'early.vhdx'), template, undefined, template);
    await writeInto(template, 1);
    const late = await makeChild(join(root, 'vm', 'late.vhdx'), template, undefined, template);
    const vm = await onlyVm(root);
    expect(vm.disks.map(({ path }) => path)).toEqual([late]);
    expect(vm.unreadable).toMatchObject([{ name: 'early.vhdx', path: early }]);
  });

  it('get an id of their own when they are copies, and the original keeps its id', async () => {
    const root = makeRoot();
    const original = await makeVhdx(join(root, 'vm', 'm.vhdx'));
    const id = (await onlyVm(root)).disks[0]!.id;
    copyFileSync(original, join(root, 'vm', 'a copy.vhdx'));
    const ids = Object.fromEntries((await onlyVm(root)).disks.map((disk) => [disk.name, disk.id]));
    expect(ids['m.vhdx']).toBe(id);
    expect(ids['a copy.vhdx']).not.toBe(id);
    expect((await onlyVm(root)).disks[0]!.id).toBe(ids['a copy.vhdx']);
  });
});
