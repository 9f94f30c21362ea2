import { randomUUID } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { digestOf } from '../../../../src/main/block/digest.ts';
import { trackingBlockBytes } from '../../../../src/main/block/tracking-block.ts';
import { decodeFooter } from '../../../../src/main/disk/vhd/footer.ts';
import { openContainer } from '../../../../src/main/vault/azure/azure-client.ts';
import { createAzureVault } from '../../../../src/main/vault/azure/azure-vault.ts';
import { writeBytesFor } from '../../../../src/main/vault/azure/page-limits.ts';
import { Azurite } from '../../../support/azurite.ts';
import { cutOf, makeDisk, makeVm, thisInstallation } from '../../../support/vault-model.ts';

const folder = mkdtempSync(join(tmpdir(), 'hvrc-azurite-'));
const tebibyte = 1024 ** 4;
const mebibyte = 1024 ** 2;
let azurite: Azurite;
beforeAll(async () => {
  azurite = await Azurite.start(folder);
});
afterAll(async () => {
  await azurite.kill();
  rmSync(folder, { recursive: true, force: true });
});

const withDisk = async (sizeBytes: number) => {
  const vault = await createAzureVault(`vault-${randomUUID()}`, azurite.access);
  const disk = makeDisk('big.vhdx', sizeBytes);
  const vm = makeVm([disk]);
  await vault.saveVm(vm);
  return { vault, disk, replica: await vault.openVm(vm.vmId, thisInstallation) };
};

describe('a disk of more than 2,040 GiB', () => {
  it('has its size in the footer’s field, where the geometry cannot tell it, and its last block', async () => {
    const sizeBytes = 3 * tebibyte + 5 * mebibyte;
    const { vault, disk, replica } = await withDisk(sizeBytes);
    const last = sizeBytes - trackingBlockBytes;
    const block = Buffer.alloc(trackingBlockBytes, 0x5a);
    const initial = await replica.beginInitial(disk, randomUUID(), 0);
    await initial.zero(0, last);
    await initial.write(last, block, digestOf(block));
    await initial.seal(1);
    await replica.commit(cutOf(1, [disk.diskId]));

    const { location } = (await replica.diskStates())[0]!;
    const name = new URL(location).pathname.split('/').slice(3).join('/');
    const blob = openContainer(azurite.access, vault.target.slice(6)).getBlobClient(name);
    expect((await blob.getProperties()).contentLength).toBe(sizeBytes + 512);
    const footer = decodeFooter(await blob.downloadToBuffer(sizeBytes, 512), location);
    expect(footer).toMatchObject({ kind: 'fixed', sizeBytes });
    const content = await replica.openDisk(disk.diskId, null);
    const read = Buffer.alloc(trackingBlockBytes);
    await content.read(read, last);
    expect(read.equals(block)).toBe(true);
    await content.close();
  });
});

describe('a disk of more than a page blob takes', () => {
  it('is refused with the reason', async () => {
    const { disk, replica } = await withDisk(8 * tebibyte);
    await expect(replica.beginInitial(disk, randomUUID(), 0)).rejects.toMatchObject({
      code: 'DISK_TOO_LARGE',
      message: expect.stringContaining(String(8 * tebibyte)),
    });
  });
});

describe('writes in flight', () => {
  it.each([
    [1, 4 * mebibyte],
    [4, 4 * mebibyte],
    [8, 2 * mebibyte],
    [12, mebibyte],
    [32, mebibyte / 2],
  ])('%i of them are of %i bytes each at most', (threads, bytes) => {
    expect(writeBytesFor(threads)).toBe(bytes);
    expect(threads * writeBytesFor(threads)).toBeLessThanOrEqual(16 * mebibyte);
  });
});
