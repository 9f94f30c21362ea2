import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { BlockBitmapWriter, bitmapPath } from '../../../src/main/block/block-bitmap.ts';
import { DigestTable } from '../../../src/main/block/digest-table.ts';
import { readSentDigests, sentDigestsPath } from '../../../src/main/block/sent-digests.ts';
import { createVhdxWriter } from '../../../src/main/disk/vhdx/vhdx-writer.ts';
import { createDirectoryVault } from '../../../src/main/vault/directory/directory-vault.ts';
import type { DirectResult } from '../../../src/main/workers/protocol.ts';
import { WorkerPool } from '../../../src/main/workers/worker-pool.ts';
import { temporaryFolder } from '../../support/temporary-folder.ts';
import { cutOf, makeDisk, makeVm, stageInitial, thisInstallation } from '../../support/vault-model.ts';

const inFolder = temporaryFolder();
const pool = new WorkerPool(join(import.meta.dirname, '../../../src/main/workers'));
afterAll(() => pool.close());

const blockBytes = 32 * 1024;
const sizeBytes = 8 * 1024 * 1024;
const lineage = '6f9619ff-8b86-4011-b42d-00c04fc964ff';
const disk = makeDisk('data.vhdx', sizeBytes);
const owner = { diskId: disk.diskId, lineage, diskSizeBytes: sizeBytes };
const tablePath = () => inFolder('tracking', 'data.digests');
const diskPath = () => inFolder('vm', 'data.vhdx');
/** Blocks that hold something; the replica and the digests know nothing but zeros, as of cut 1. */
const written = [3, 4, 200];

const makeSite = async () => {
  for (const name of ['vm', 'tracking']) mkdirSync(inFolder(name));
  const writer = createVhdxWriter(diskPath(), { sizeBytes, blockBytes: 1024 * 1024 });
  for (const block of written) writer.write(Buffer.alloc(blockBytes, 0x5a), block * blockBytes);
  await writer.close();
  DigestTable.create(tablePath(), { ...owner, cut: 1, complete: true }).close();
  const vault = await createDirectoryVault(inFolder('vault'));
  const vm = makeVm([disk]);
  await vault.saveVm(vm);
  const replica = await vault.openVm(vm.vmId, thisInstallation);
  await stageInitial(replica, disk, new Uint8Array(sizeBytes), lineage, 1);
  await replica.commit(cutOf(1, [disk.diskId]));
  const { vaultId } = await vault.info();
  const spec = { kind: 'directory', target: inFolder('vault'), vaultId } as const;
  const direct = (change: { bitmapHolds?: boolean; previousCut?: number }): Promise<DirectResult> =>
    pool.run('direct', {
      replica: { vault: spec, vmId: vm.vmId, writer: thisInstallation },
      source: { diskId: disk.diskId, name: disk.name, path: diskPath(), sizeBytes },
      tracking: { tablePath: tablePath(), lineage, rootPath: diskPath() },
      previousCut: 1,
      cut: 2,
      takenAtMs: 5,
      bitmapHolds: false,
      ...change,
    });
  return { vault, replica, direct };
};

const writeBitmap = (blocks: readonly number[], cut: number): void => {
  const bitmap = new BlockBitmapWriter(bitmapPath(tablePath()), { ...owner, cut });
  for (const block of blocks) bitmap.add(block);
  bitmap.finish();
};

const sentBlocks = (): number[] => {
  const blocks: number[] = [];
  readSentDigests(sentDigestsPath(tablePath()), { ...owner, cut: 2 }, (block) => blocks.push(block));
  return blocks;
};

describe('sending without a log', () => {
  it('compares the whole disk where no bitmap holds, and leaves the digests as they are until the commit', async () => {
    const { vault, replica, direct } = await makeSite();
    expect(await direct({})).toMatchObject({ changedBlocks: 3, comparedBlocks: sizeBytes / blockBytes });
    expect(sentBlocks()).toEqual(written);
    const table = DigestTable.open(tablePath(), owner);
    const digests = Buffer.alloc(16, 1);
    table.read(3, 1, digests);
    expect([table.cut, digests.equals(Buffer.alloc(16))]).toEqual([1, true]);
    table.close();
    await replica.commit(cutOf(2, [disk.diskId]));
    const content = await replica.openDisk(disk.diskId, null);
    const data = Buffer.alloc(blockBytes);
    await content.read(data, 200 * blockBytes);
    expect(data.every((byte) => byte === 0x5a)).toBe(true);
    await content.close();
    await replica.close();
    await vault.close();
  });

  it('reads only the blocks of a bitmap that holds', async () => {
    const { vault, replica, direct } = await makeSite();
    writeBitmap([3, 5, 200], 1);
    expect(await direct({ bitmapHolds: true })).toMatchObject({ changedBlocks: 2, comparedBlocks: 3 });
    expect(sentBlocks()).toEqual([3, 200]);
    await replica.close();
    await vault.close();
  });

  it('does not believe a bitmap that was made against other digests', async () => {
    const { vault, replica, direct } = await makeSite();
    writeBitmap([3], 7);
    expect(await direct({ bitmapHolds: true })).toMatchObject({ changedBlocks: 3 });
    await replica.close();
    await vault.close();
  });

  it('refuses to pass over a log that was not sent', async () => {
    const { vault, replica, direct } = await makeSite();
    await expect(direct({ previousCut: 0 })).rejects.toMatchObject({ code: 'HRL_OUT_OF_SEQUENCE' });
    await replica.close();
    await vault.close();
  });
});
