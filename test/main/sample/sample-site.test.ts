import { fork } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openVirtualDisk } from '../../../src/main/disk/open-disk.ts';
import { openFolderHost } from '../../../src/main/host/folder/folder-host.ts';
import { readPartitionTable } from '../../../src/main/host/folder/partition-table.ts';
import type { HostVm } from '../../../src/main/host/host.ts';
import { readFatFiles } from '../../../src/main/sample/fat-reader.ts';
import { createSampleSite, type SampleProgress } from '../../../src/main/sample/sample-site.ts';
import { sampleVms } from '../../../src/main/sample/sample-vms.ts';
import { libvhdiToRaw, oracleMissing, qemuImg, qemuSize } from '../../support/oracles.ts';
import { useTemporaryFolder as temporaryFolder } from '../../support/temporary-folder.ts';
import { makeSite, removeSite } from './shared-site.ts';

const mebibyte = 1024 * 1024;
const inFolder = temporaryFolder();
let site: string;
let vms: readonly HostVm[];
const progress: SampleProgress[] = [];

beforeAll(async () => {
  site = await makeSite({ onProgress: (step) => progress.push(step) });
  vms = await openFolderHost(site).listVms();
});
afterAll(() => removeSite(site));

const vmNamed = (name: string): HostVm => vms.find((vm) => vm.name === name)!;

const digestOf = (path: string): string => {
  const disk = openVirtualDisk(path);
  const hash = createHash('sha256');
  for (const { offset, length } of disk.extents()) {
    for (let at = 0; at < length; at += mebibyte) {
      const bytes = Buffer.alloc(Math.min(mebibyte, length - at));
      disk.read(bytes, offset + at);
      hash.update(bytes);
    }
  }
  disk.close();
  return hash.digest('hex');
};

describe('the sample site', () => {
  it('has three VMs of both generations and of every kind of disk, about 300 MB in all', () => {
    const shape = vms.map(({ name, generation, disks }) => [
      name,
      generation,
      disks.map((disk) => [
        disk.name,
        disk.format,
        disk.kind,
        disk.sizeBytes / mebibyte,
        disk.isOperatingSystem,
      ]),
    ]);
    expect(shape).toEqual([
      [
        'FILESRV',
        1,
        [
          ['FILESRV-archive.vhd', 'vhd', 'dynamic', 4096, false],
          ['FILESRV.vhd', 'vhd', 'dynamic', 2048, true],
        ],
      ],
      ['SQL01', 2, [['SQL01.vhdx', 'vhdx', 'differencing', 8192, true]]],
      ['WEB01', 1, [['WEB01.vhd', 'vhd', 'fixed', 96, true]]],
    ]);
    expect(vms.flatMap(({ problems }) => problems)).toEqual([]);
    const files = vms.flatMap(({ disks }) => disks).flatMap((disk) => disk.files);
    expect(files).toHaveLength(5);
    const bytes = files.reduce((sum, path) => sum + statSync(path).size, 0);
    expect(bytes / 1e6).toBeGreaterThan(250);
    expect(bytes / 1e6).toBeLessThan(350);
    expect(readdirSync(site).toSorted()).toEqual(['FILESRV', 'SQL01', 'WEB01']);
  });

  it('has file systems with the files that were meant, but for what the checkpoint changed', () => {
    for (const spec of sampleVms(1)) {
      for (const [index, { volumes, fileName }] of spec.disks.entries()) {
        const hostDisk = vmNamed(spec.name).disks.find(({ name }) => name === fileName)!;
        const disk = openVirtualDisk(hostDisk.files.at(-1)!);
        const files = new Map(
          (readPartitionTable(disk)?.partitions ?? [])
            .flatMap(({ offset }) => readFatFiles(disk, offset) ?? [])
            .map((file) => [file.path, file]),
        );
        const expected = volumes.flatMap((volume) => volume.files);
        expect(files.size, `${spec.name} ${index}`).toBe(new Set(expected.map(({ path }) => path)).size);
        for (const { path, sizeBytes, content } of expected) {
          const bytes = Buffer.alloc(sizeBytes);
          content(bytes, 0);
          const [extent] = files.get(path)!.extents;
          const found = Buffer.alloc(extent!.length);
          disk.read(found, extent!.offset);
          expect(found.equals(bytes), path).toBe(true);
        }
        disk.close();
      }
    }
  });

  it('has a checkpoint whose changes are the guest’s, on the same file system', () => {
    const [tip, base] = vmNamed('SQL01').disks[0]!.files;
    const [now, then] = [openVirtualDisk(tip!), openVirtualDisk(base!)];
    const table = readPartitionTable(now)!;
    expect(table).toEqual(readPartitionTable(then));
    const { offset } = table.partitions.at(-1)!;
    const files = readFatFiles(now, offset)!;
    expect(files).toEqual(readFatFiles(then, offset));
    const changed = files.filter(({ extents }) => {
      const { offset: at, length } = extents[0]!;
      const [a, b] = [Buffer.alloc(length), Buffer.alloc(length)];
      now.read(a, at);
      then.read(b, at);
      return !a.equals(b);
    });
    expect(changed.map(({ path }) => path)).toEqual(['SQL/Data/orders.mdf', 'SQL/Data/orders_log.ldf']);
    for (const disk of [now, then]) disk.close();
  });

  it('says how far it is, up to the end', () => {
    expect(progress.length).toBeGreaterThan(50);
    expect(progress.map(({ doneBytes }) => doneBytes)).toEqual(
      progress.map(({ doneBytes }) => doneBytes).toSorted((a, b) => a - b),
    );
    expect(progress.at(-1)).toMatchObject({ vm: 'SQL01', doneBytes: progress[0]!.totalBytes });
  });

  it('refuses a directory that has VMs, and one where a folder is in the way, and leaves both alone', async () => {
    await expect(createSampleSite(site)).rejects.toMatchObject({ code: 'DISK_TARGET_EXISTS', file: site });
    expect(vms.map(({ id }) => id)).toEqual((await openFolderHost(site).listVms()).map(({ id }) => id));
    mkdirSync(inFolder('web01'), { recursive: true });
    await expect(createSampleSite(inFolder())).rejects.toMatchObject({ code: 'DISK_TARGET_EXISTS' });
    expect(readdirSync(inFolder())).toEqual(['web01']);
  });

  it('leaves nothing when it is cancelled', async () => {
    const stop = new AbortController();
    const made = createSampleSite(inFolder('new', 'site'), {
      signal: stop.signal,
      onProgress: ({ vm }) => vm === 'FILESRV' && stop.abort(),
    });
    await expect(made).rejects.toMatchObject({ code: 'CANCELLED' });
    expect(existsSync(inFolder('new', 'site'))).toBe(false);

    writeFileSync(inFolder('kept.txt'), 'mine');
    const before = readdirSync(inFolder());
    await expect(createSampleSite(inFolder(), { signal: AbortSignal.abort() })).rejects.toMatchObject({
      code: 'CANCELLED',
    });
    expect(readdirSync(inFolder())).toEqual(before);
  });

  it('shows no half VM when it is killed, and is the same again when it is made anew', async () => {
    const target = inFolder('site');
    const child = fork(join(import.meta.dirname, 'sample-child.ts'), [target], {
      execArgv: [],
      stdio: 'inherit',
    });
    await new Promise((resolve) => child.once('message', resolve));
    const ended = new Promise((resolve) => child.once('exit', resolve));
    child.kill('SIGKILL');
    await ended;
    expect(readdirSync(target)).toEqual(['.hvrc-sample']);
    expect(await openFolderHost(target).listVms()).toEqual([]);

    await createSampleSite(target);
    expect(readdirSync(target).toSorted()).toEqual(['FILESRV', 'SQL01', 'WEB01']);
    const again = await openFolderHost(target).listVms();
    const [first, second] = [vms, again].map((list) => list.find(({ name }) => name === 'WEB01')!.disks[0]!);
    expect(first!.id).not.toBe(second!.id);
    expect(digestOf(first!.path)).toBe(digestOf(second!.path));
  });
});

describe.skipIf(oracleMissing('qemu-img', 'libvhdi'))('the sample site, to other programs', () => {
  it('is made of disks that qemu-img opens, with the sizes meant, and finds clean', () => {
    for (const disk of vms.flatMap((vm) => vm.disks)) {
      const root = disk.files.at(-1)!;
      expect(qemuSize(root, disk.format === 'vhd' ? 'vpc' : 'vhdx')).toBe(disk.sizeBytes);
    }
    expect(qemuImg('check', '-f', 'vhdx', vmNamed('SQL01').disks[0]!.files.at(-1)!)).toContain('No errors');
  });

  it('holds the same bytes for libvhdi', () => {
    const raw = inFolder('web.img');
    mkdirSync(inFolder(), { recursive: true });
    const [disk] = vmNamed('WEB01').disks;
    expect(libvhdiToRaw([disk!.path], raw)).toMatchObject({ sizeBytes: 96 * mebibyte, identifier: disk!.id });
    const ours = openVirtualDisk(disk!.path);
    const theirs = openVirtualDisk(raw, { format: 'raw' });
    const [a, b] = [Buffer.alloc(ours.sizeBytes), Buffer.alloc(ours.sizeBytes)];
    ours.read(a, 0);
    theirs.read(b, 0);
    expect(a.equals(b)).toBe(true);
    for (const opened of [ours, theirs]) opened.close();
  });
});
