import '../../../support/without-fsync.ts';
import { randomUUID } from 'node:crypto';
import { cpSync, readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { Consistency } from '../../../../src/contract/model.ts';
import {
  createDirectoryVault,
  openDirectoryVault,
} from '../../../../src/main/vault/directory/directory-vault.ts';
import type { VaultDisk, VmReplica } from '../../../../src/main/vault/replica-vault.ts';
import { CrashingFileOps, type CrashMode } from '../../../support/crashing-file-ops.ts';
import { oracleMissing, qemuImg } from '../../../support/oracles.ts';
import { temporaryFolder } from '../../../support/temporary-folder.ts';
import {
  alterBlock,
  changeOf,
  cutOf,
  deltaOf,
  expectDisk,
  makeDisk,
  makeVm,
  patternedDisk,
  readDisk,
  smallDiskBytes,
  stageInitial,
  thisInstallation,
} from '../../../support/vault-model.ts';

const noQemu = oracleMissing('qemu-img');
const lineage = randomUUID();
const disks: readonly VaultDisk[] = [makeDisk('system.vhdx'), makeDisk('data.vhdx')];
const vm = makeVm(disks);

type Contents = readonly Uint8Array[];

/** Every state that a history went through, by the id of its point; null is the newest. */
interface History {
  now: Uint8Array[];
  cut: number;
  readonly points: Map<string, Contents>;
}

const copyOf = (contents: Contents): Uint8Array[] => contents.map((bytes) => bytes.slice());

const replicate = async (replica: VmReplica): Promise<History> => {
  const now = disks.map((disk, index) => patternedDisk(disk.sizeBytes, index));
  for (const [index, disk] of disks.entries()) await stageInitial(replica, disk, now[index]!, lineage, 1);
  const { point } = await replica.commit(
    cutOf(
      1,
      disks.map((disk) => disk.diskId),
    ),
  );
  return { now, cut: 1, points: new Map([[point!.id, copyOf(now)]]) };
};

type Changes = readonly (readonly [block: number, mask: number])[];

/** Alters both disks and replicates them as the next cut. */
const cycle = async (
  replica: VmReplica,
  history: History,
  changes: Changes,
  consistency: Consistency,
): Promise<void> => {
  const cut = history.cut + 1;
  const next = copyOf(history.now);
  for (const bytes of next) for (const [block, mask] of changes) alterBlock(bytes, block, mask, cut);
  const isDone = (await replica.diskStates()).every((state) => state.cut === cut);
  for (const [index, disk] of isDone ? [] : disks.entries()) {
    // The first block is sent in an earlier state as well, as by a log that holds it twice.
    const first = changes[0]![0];
    const earlier = next[index]!.slice();
    alterBlock(earlier, first, 0b1111, 99);
    const sent = [changeOf(earlier, first), ...changes.map(([block]) => changeOf(next[index]!, block))];
    const writer = await replica.beginDelta(disk.diskId, deltaOf(lineage, cut, consistency));
    for (const change of sent.slice(writer.resumedChanges)) await writer.put(change);
    await writer.seal();
  }
  const { point } = await replica.commit(
    cutOf(
      cut,
      disks.map((disk) => disk.diskId),
      consistency,
    ),
  );
  history.now = next;
  history.cut = cut;
  if (point !== null) history.points.set(point.id, copyOf(next));
};

const sameContents = (a: Contents, b: Contents): boolean =>
  a.every((bytes, index) => Buffer.from(bytes).equals(b[index]!));

describe('A directory vault whose process dies', () => {
  const folder = temporaryFolder();

  /** Prepares a vault once, then lets `work` crash at each `stride`-th of its changes, on a copy of that vault. */
  const crashEverywhere = async (
    mode: CrashMode,
    stride: number,
    prepare: (replica: VmReplica) => Promise<History>,
    work: (replica: VmReplica, history: History) => Promise<void>,
  ): Promise<{ outcomes: Set<string>; crashes: number }> => {
    const template = folder('template');
    const vault = await createDirectoryVault(template);
    await vault.saveVm(vm);
    const first = await vault.openVm(vm.vmId, thisInstallation);
    const before = await prepare(first);
    await first.close();

    const outcomes = new Set<string>();
    for (let crashAt = 0; ; crashAt += stride) {
      const path = folder(`at-${crashAt}`);
      cpSync(template, path, { recursive: true });
      const crashing = new CrashingFileOps(crashAt, mode);
      const history: History = { ...before, now: copyOf(before.now), points: new Map(before.points) };
      const doomed = await openDirectoryVault(path, { fileOps: crashing.ops });
      let finished = true;
      try {
        const replica = await doomed.openVm(vm.vmId, thisInstallation);
        await work(replica, history);
      } catch (error) {
        if (!crashing.crashed) throw error;
        finished = false;
      } finally {
        crashing.dispose();
      }
      const where = `crash ${crashAt} in ${crashing.changes.at(-1)}`;

      // Another process may look before the writer is back: it sees one state or the other, never a mixture.
      const fresh = await openDirectoryVault(path);
      const reader = await fresh.readVm(vm.vmId);
      const seen = await Promise.all(disks.map((disk) => readDisk(reader, disk.diskId, null)));
      const replica = await fresh.openVm(vm.vmId, thisInstallation);
      const found = await Promise.all(disks.map((disk) => readDisk(replica, disk.diskId, null)));
      expect(sameContents(seen, found), `${where}: a reader sees what recovery leads to`).toBe(true);
      const isOld = sameContents(found, before.now);
      outcomes.add(isOld ? 'old' : 'new');
      for (const point of await replica.points()) {
        const contents = before.points.get(point.id) ?? found;
        for (const [index, disk] of disks.entries())
          await expectDisk(replica, disk.diskId, point.id, contents[index]!);
      }

      // And it carries on: the same work again leads to the same end.
      const again: History = { ...before, now: copyOf(before.now), points: new Map(before.points) };
      await work(replica, again);
      for (const [index, disk] of disks.entries()) {
        await expectDisk(replica, disk.diskId, null, again.now[index]!);
        for (const point of await replica.points()) {
          await expectDisk(replica, disk.diskId, point.id, again.points.get(point.id)![index]!);
        }
      }
      expect(isOld || sameContents(found, again.now), `${where}: the old cut or the new one`).toBe(true);
      await replica.close();
      if (!noQemu && /replica/.test(crashing.changes.at(-1) ?? '')) {
        for (const name of ['system.vhdx', 'data.vhdx']) qemuImg('check', '-q', join(path, vm.name, name));
      }
      const files = readdirSync(join(path, vm.name)).sort();
      expect(files, where).toEqual(['.hvrc', 'data.vhdx', 'system.vhdx', 'vm.json']);
      if (finished) return { outcomes, crashes: crashAt / stride };
      rmSync(path, { recursive: true, force: true });
    }
  };

  const consistentThenFuzzy = async (replica: VmReplica): Promise<History> => {
    const history = await replicate(replica);
    await cycle(
      replica,
      history,
      [
        [0, 0b11],
        [1, 0],
        [3, 0b100],
      ],
      'crash',
    );
    await cycle(
      replica,
      history,
      [
        [0, 0b110],
        [5, 0xff],
      ],
      'fuzzy',
    );
    return history;
  };

  const consistentCycle = async (replica: VmReplica, history: History): Promise<void> => {
    const changes: Changes = [
      [0, 0b1],
      [5, 0],
      [6, 0b1000_0001],
      [12, 0xff],
    ];
    await cycle(replica, history, changes, 'crash');
    await replica.prune(2);
  };
  const fuzzyCycle = (replica: VmReplica, history: History): Promise<void> => {
    const changes: Changes = [
      [0, 0b1],
      [5, 0],
      [7, 0b10],
    ];
    return cycle(replica, history, changes, 'fuzzy');
  };

  it('holds the old or the new cut after a kill at any operation of a consistent cycle and pruning', async () => {
    const { outcomes, crashes } = await crashEverywhere('kill', 1, consistentThenFuzzy, consistentCycle);
    expect([...outcomes].sort()).toEqual(['new', 'old']);
    expect(crashes).toBeGreaterThan(50);
  });

  it('holds the old or the new cut after a kill at operations of a fuzzy cycle', async () => {
    const { outcomes } = await crashEverywhere('kill', 2, consistentThenFuzzy, fuzzyCycle);
    expect([...outcomes].sort()).toEqual(['new', 'old']);
  });

  it('holds the old or the new cut after the power failed at operations of a consistent cycle', async () => {
    const { outcomes } = await crashEverywhere('power', 3, consistentThenFuzzy, consistentCycle);
    expect([...outcomes].sort()).toEqual(['new', 'old']);
  });

  it('holds the old or the new replica after a kill at operations of replacing it', async () => {
    const renewed = randomUUID();
    const { outcomes } = await crashEverywhere('kill', 2, consistentThenFuzzy, async (replica, history) => {
      const cut = history.cut + 1;
      const next = [patternedDisk(smallDiskBytes, 21), history.now[1]!];
      const [state] = await replica.diskStates();
      if (state?.lineage !== renewed) await stageInitial(replica, disks[0]!, next[0]!, renewed, cut);
      const { point } = await replica.commit(cutOf(cut, [disks[0]!.diskId]));
      history.now = next;
      history.cut = cut;
      history.points.clear();
      history.points.set(point!.id, copyOf(next));
    });
    expect([...outcomes].sort()).toEqual(['new', 'old']);
  });
});
