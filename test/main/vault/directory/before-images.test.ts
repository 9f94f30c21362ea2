import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { pageBytes, trackingBlockBytes } from '../../../../src/main/block/tracking-block.ts';
import { DiskContent } from '../../../../src/main/vault/directory/disk-content.ts';
import { nodeFileOps } from '../../../../src/main/vault/directory/file-ops.ts';
import { VmFolder } from '../../../../src/main/vault/directory/vm-folder.ts';
import { oracleMissing, qemuImg } from '../../../support/oracles.ts';
import { temporaryFolder } from '../../../support/temporary-folder.ts';
import { changeOf, copyRange, deltaOf, expectDisk, smallDiskBytes } from '../../../support/vault-model.ts';
import { makeVaultSite, type VaultSite } from '../../../support/vault-site.ts';

describe('What a directory vault keeps and sends', () => {
  const folder = temporaryFolder();
  const hidden = (site: VaultSite) => folder('vault', site.vm.name, '.hvrc', site.disk.diskId);
  const beforeFiles = (site: VaultSite) =>
    readdirSync(hidden(site))
      .filter((name) => name.startsWith('before-'))
      .map((name) => statSync(join(hidden(site), name)).size);
  const total = (sizes: readonly number[]) => sizes.reduce((sum, size) => sum + size, 0);

  it('are the changed pages where point follows point', async () => {
    const site = await makeVaultSite(folder('vault'));
    await site.cycle([
      [0, 0b1],
      [4, 0b110],
    ]);
    // File header, two records and the cut mark besides the three pages.
    expect(beforeFiles(site)).toEqual([4096 + 3 * pageBytes + 3 * 64]);
    const [first] = await site.replica.points();
    expect(first?.sizeBytes).toBe(total(beforeFiles(site)));
  });

  it('stay within the disk’s size however many fuzzy cuts follow a point', async () => {
    const site = await makeVaultSite(folder('vault'));
    const old = site.bytes.slice();
    for (let round = 0; round < 40; round += 1) {
      await site.cycle(
        [
          [0, 0xff],
          [1, 0b1],
          [2 + (round % 8), 0b11],
        ],
        'fuzzy',
      );
    }
    const files = beforeFiles(site);
    expect(total(files)).toBeLessThan(smallDiskBytes + 10 * pageBytes + files.length * (4096 + 64));
    // Once every block is saved nothing more is kept.
    expect(files.length).toBeLessThan(12);
    const [point] = await site.replica.points();
    await expectDisk(site.replica, site.disk.diskId, point!.id, old);
    await site.cycle([[0, 1]], 'crash');
    await expectDisk(site.replica, site.disk.diskId, point!.id, old);
  });

  it('hold every page of a block whose pages change in one fuzzy cut after the other', async () => {
    const site = await makeVaultSite(folder('vault'));
    const old = site.bytes.slice();
    const [point] = await site.replica.points();
    for (const page of [0, 1, 2, 7]) {
      await site.cycle([[0, 1 << page]], page === 7 ? 'crash' : 'fuzzy');
      await expectDisk(site.replica, site.disk.diskId, point!.id, old);
    }
  });

  it('are gone with the points that needed them', async () => {
    const site = await makeVaultSite(folder('vault'));
    for (let cut = 2; cut <= 6; cut += 1) await site.cycle([[cut, 0xff]]);
    expect(beforeFiles(site)).toHaveLength(5);
    await site.replica.prune(2);
    expect(beforeFiles(site)).toHaveLength(1);
    await site.replica.dropPoints();
    expect(beforeFiles(site)).toEqual([]);
  });

  it('are read with a small index as with a large one', async () => {
    const site = await makeVaultSite(folder('vault'));
    const old = site.bytes.slice();
    for (let round = 0; round < 6; round += 1) {
      await site.cycle(
        [
          [round, 0b101],
          [round + 1, 0xff],
          [12, 0b1],
          [11 - round, 0],
        ],
        round % 3 === 1 ? 'crash' : 'fuzzy',
      );
    }
    const { vaultId } = await site.vault.info();
    const vmFolder = new VmFolder(folder('vault'), vaultId, folder('vault', site.vm.name), nodeFileOps);
    const [first] = await site.replica.points();
    for (const mostEntries of [1, 3, 1000]) {
      const content = new DiskContent(vmFolder, site.disk.diskId, first!.id, mostEntries);
      const found = new Uint8Array(content.sizeBytes);
      // Backwards, in pieces that end within pages.
      for (let end = found.length; end > 0; end -= 10_000) {
        const start = Math.max(0, end - 10_000);
        await content.read(found.subarray(start, end), start);
      }
      expect(Buffer.from(found).equals(old)).toBe(true);
      await content.close();
    }
  });

  it('is sent only where the replica differs', async () => {
    const site = await makeVaultSite(folder('vault'));
    const writer = await site.replica.beginDelta(site.disk.diskId, deltaOf(site.lineage, 2));
    expect(await writer.put(changeOf(site.bytes, 0))).toBe(0);
    expect(await writer.put(changeOf(site.bytes, 3))).toBe(0);
    site.bytes[2 * trackingBlockBytes + 9000] = site.bytes[2 * trackingBlockBytes + 9000]! ^ 0xff;
    expect(await writer.put(changeOf(site.bytes, 2))).toBe(64 + pageBytes);
    // The second change of a block cannot be compared with a replica that does not have the first.
    expect(await writer.put(changeOf(site.bytes, 2))).toBe(64 + trackingBlockBytes);
    await writer.close();
  });

  it('looks unusable until its first cut is committed', async () => {
    const site = await makeVaultSite(folder('vault'));
    const { disk, vault, vm } = site;
    await site.replica.close();
    await vault.removeVm(vm.vmId);
    await vault.saveVm(vm);
    const replica = await vault.openVm(vm.vmId, vm.writer);
    const initial = await replica.beginInitial(disk, site.lineage, 0);
    await copyRange(initial, site.bytes, 0, 13);
    await initial.seal(1);
    expect(readdirSync(folder('vault', vm.name)).sort()).toEqual(['.hvrc', 'system.vhdx.partial', 'vm.json']);
  });

  it.skipIf(oracleMissing('qemu-img'))(
    'is an ordinary VHDX with the content of the disk after every cycle',
    async () => {
      const site = await makeVaultSite(folder('vault'));
      const path = folder('vault', site.vm.name, 'system.vhdx');
      for (let round = 0; round < 4; round += 1) {
        await site.cycle(
          [
            [round, 0b11],
            [round + 4, 0],
            [12, 0xff],
          ],
          round % 2 === 0 ? 'fuzzy' : 'crash',
        );
        qemuImg('check', '-q', path);
      }
      await site.replica.close();
      qemuImg('convert', '-f', 'vhdx', '-O', 'raw', path, folder('raw'));
      expect(Buffer.from(readFileSync(folder('raw'))).equals(site.bytes)).toBe(true);
    },
  );
});
