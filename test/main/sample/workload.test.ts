import { createHash } from 'node:crypto';
import { mkdirSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openVirtualDisk } from '../../../src/main/disk/open-disk.ts';
import type { Extent } from '../../../src/main/disk/virtual-disk.ts';
import { openFolderHost } from '../../../src/main/host/folder/folder-host.ts';
import { readPartitionTable } from '../../../src/main/host/folder/partition-table.ts';
import type { HostDisk } from '../../../src/main/host/host.ts';
import type { Clock } from '../../../src/main/platform/clock.ts';
import { readFatFiles } from '../../../src/main/sample/fat-reader.ts';
import { runWorkload, type WorkloadReport } from '../../../src/main/sample/workload.ts';
import { findWorkloadAreas } from '../../../src/main/sample/workload-target.ts';
import { oracleMissing, qemuImg } from '../../support/oracles.ts';
import { useTemporaryFolder as temporaryFolder } from '../../support/temporary-folder.ts';
import { makeSite, removeSite } from './shared-site.ts';

const mebibyte = 1024 * 1024;
const inFolder = temporaryFolder();
let site: string;
let disks: readonly HostDisk[];

beforeAll(async () => {
  site = await makeSite();
  disks = (await openFolderHost(site).listVms()).flatMap((vm) => vm.disks);
});
afterAll(() => removeSite(site));

/** A clock that jumps over every wait; `onWait` is called in its place, while the disks are being written. */
const jumpingClock = (onWait: () => void = () => {}): Clock => {
  let nowMs = 1_762_158_600_000;
  return {
    now: () => nowMs,
    wait: async (ms) => {
      nowMs += ms;
      onWait();
    },
  };
};

/** Runs until `seconds` of its clock have been reported. */
const run = async (rateBytesPerSecond: number, seconds: number, onWait?: () => void) => {
  const stop = new AbortController();
  const reports: WorkloadReport[] = [];
  const end = await runWorkload(site, {
    rateBytesPerSecond,
    signal: stop.signal,
    clock: jumpingClock(onWait),
    seed: 7,
    onReport: (report) => {
      reports.push(report);
      if (reports.length === seconds) stop.abort();
    },
  });
  return { end, reports };
};

/** Digest of a disk's content, but for the given ranges of it. */
const digestOutside = (path: string, skipped: readonly Extent[]): string => {
  const disk = openVirtualDisk(path);
  const hash = createHash('sha256');
  const hashRange = (from: number, to: number) => {
    for (const { offset, length } of disk.extents(from, to)) {
      const bytes = Buffer.alloc(length);
      disk.read(bytes, offset);
      // Space that the writer allocates around its writes is zeros: holes and zeros are the same content.
      for (let at = 0; at < length; at += 4096) {
        const page = bytes.subarray(at, at + 4096);
        if (page.some((byte) => byte !== 0)) hash.update(`${offset + at}`).update(page);
      }
    }
  };
  let from = 0;
  for (const { offset, length } of skipped.toSorted((a, b) => a.offset - b.offset)) {
    hashRange(from, offset);
    from = offset + length;
  }
  hashRange(from, disk.sizeBytes);
  disk.close();
  return hash.digest('hex');
};

const filesOn = (path: string) => {
  const disk = openVirtualDisk(path);
  try {
    return (readPartitionTable(disk)?.partitions ?? []).flatMap(
      ({ offset }) => readFatFiles(disk, offset) ?? [],
    );
  } finally {
    disk.close();
  }
};

describe('the workload', () => {
  it('writes at the rate asked for, and reports it each second', async () => {
    const { end, reports } = await run(4 * mebibyte, 5);
    expect(reports).toHaveLength(5);
    for (const report of reports) {
      expect(report.bytesPerSecond / mebibyte).toBeGreaterThan(3.6);
      expect(report.bytesPerSecond / mebibyte).toBeLessThan(4.4);
    }
    expect(end.writtenBytes / mebibyte).toBeCloseTo(20, 0);
    expect(end.writtenBytes).toBeGreaterThan(end.writes * 4096);
    expect(end.writtenBytes).toBeLessThan(end.writes * 65_536);
  });

  it('changes every disk inside its files only, leaves parents alone, and keeps the file systems whole', async () => {
    const areas = findWorkloadAreas(await openFolderHost(site).listVms());
    expect(new Set(areas.map(({ pattern }) => pattern))).toEqual(new Set(['append', 'scatter']));
    const state = () =>
      disks.map((disk) => {
        const inside = areas.filter((area) => area.disk.id === disk.id).map(({ extent }) => extent);
        return {
          name: disk.name,
          outside: digestOutside(disk.path, inside),
          files: filesOn(disk.path),
          parents: disk.files.slice(1).map((path) => digestOutside(path, [])),
          whole: digestOutside(disk.path, []),
        };
      });
    const before = state();
    await run(16 * mebibyte, 2);
    const after = state();
    for (const [index, { whole, ...kept }] of before.entries()) {
      expect(after[index]).toMatchObject(kept);
      expect(after[index]!.whole, kept.name).not.toBe(whole);
    }
  });

  it('keeps every disk readable while it writes', async () => {
    const files = disks.map(({ path }) => filesOn(path));
    let looks = 0;
    await run(8 * mebibyte, 2, () => {
      if (looks++ % 4 === 0) expect(disks.map(({ path }) => filesOn(path))).toEqual(files);
    });
    expect(looks).toBeGreaterThan(8);
  });

  it.skipIf(oracleMissing('qemu-img'))('leaves disks that qemu-img finds clean', async () => {
    await run(4 * mebibyte, 1);
    for (const { format, files } of disks) {
      if (format === 'vhdx') expect(qemuImg('check', '-f', 'vhdx', files.at(-1)!)).toContain('No errors');
      else expect(qemuImg('compare', '-f', 'vpc', '-F', 'vpc', files[0]!, files[0]!)).toContain('identical');
    }
  });

  it('stops at once, with everything on the disks', async () => {
    const stopped = await runWorkload(site, { rateBytesPerSecond: mebibyte, signal: AbortSignal.abort() });
    expect(stopped).toMatchObject({ writtenBytes: 0, writes: 0 });

    const stop = new AbortController();
    const running = runWorkload(site, { rateBytesPerSecond: 1, signal: stop.signal });
    stop.abort();
    expect((await running).writtenBytes).toBeLessThanOrEqual(65_536);
  });

  it('refuses a rate of nothing and a site without disks', async () => {
    const signal = AbortSignal.abort();
    await expect(runWorkload(site, { rateBytesPerSecond: 0, signal })).rejects.toMatchObject({
      code: 'INPUT_INVALID',
    });
    mkdirSync(inFolder(), { recursive: true });
    await expect(runWorkload(inFolder(), { rateBytesPerSecond: 1, signal })).rejects.toMatchObject({
      code: 'VM_NO_DISKS',
    });
  });
});
