import { randomUUID } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { digestOf } from '../../../../src/main/block/digest.ts';
import { openContainer } from '../../../../src/main/vault/azure/azure-client.ts';
import {
  AzureVault,
  createAzureVault,
  openAzureVault,
  vaultBlobName,
} from '../../../../src/main/vault/azure/azure-vault.ts';
import { describeReplicaVault } from '../../../conformance/replica-vault.ts';
import { Azurite } from '../../../support/azurite.ts';
import {
  blockOf,
  cutOf,
  expectDisk,
  makeDisk,
  makeVm,
  patternedDisk,
  smallDiskBytes,
  stageInitial,
  thisInstallation,
} from '../../../support/vault-model.ts';

const folder = mkdtempSync(join(tmpdir(), 'hvrc-azurite-'));
const passphrase = 'correct horse battery';
let azurite: Azurite;
beforeAll(async () => {
  azurite = await Azurite.start(folder);
});
afterAll(async () => {
  await azurite.kill();
  rmSync(folder, { recursive: true, force: true });
});

const makeVault = () =>
  createAzureVault(`vault-${randomUUID()}`, azurite.access, { encrypt: true, passphrase });
const nameOf = (vault: AzureVault) => vault.target.slice('azure:'.length);

describeReplicaVault('the encrypted Azure vault', async () => {
  const vault = await makeVault();
  const { vaultId } = await vault.info();
  const key = Buffer.from(vault.encryptionKey!, 'base64');
  return {
    open: async () => new AzureVault(nameOf(vault), azurite.access, vaultId, { key }),
    dispose: async () => {
      await openContainer(azurite.access, nameOf(vault)).deleteIfExists();
    },
  };
});

describe('an encrypted vault', () => {
  it('gives the account neither content nor digests, and no disk that a tool would open', async () => {
    const vault = await makeVault();
    const disks = [makeDisk('system.vhdx'), makeDisk('twin.vhdx')];
    const vm = makeVm(disks);
    await vault.saveVm(vm);
    const replica = await vault.openVm(vm.vmId, thisInstallation);
    const bytes = patternedDisk(smallDiskBytes, 1);
    for (const disk of disks) await stageInitial(replica, disk, bytes, randomUUID(), 1);
    await replica.commit(
      cutOf(
        1,
        disks.map(({ diskId }) => diskId),
      ),
    );
    for (const disk of disks) await expectDisk(replica, disk.diskId, null, bytes);

    const container = openContainer(azurite.access, nameOf(vault));
    const held = new Map<string, Buffer>();
    for await (const { name } of container.listBlobsFlat()) {
      held.set(name, await container.getBlobClient(name).downloadToBuffer());
    }
    const replicas = [...held].filter(([name]) => name.endsWith('.vhd')).map(([, content]) => content);
    expect(replicas).toHaveLength(2);
    const sectors = Array.from({ length: Math.floor(bytes.length / 512) }, (_, index) =>
      Buffer.from(bytes.subarray(index * 512, (index + 1) * 512)),
    ).filter((sector) => sector.some((byte) => byte !== 0));
    const digests = [0, 1, 2].map((block) => Buffer.from(digestOf(blockOf(bytes, block))));
    for (const content of held.values()) {
      expect(sectors.some((sector) => content.includes(sector))).toBe(false);
      expect(digests.some((digest) => content.includes(digest))).toBe(false);
      expect(content.includes('conectix')).toBe(false);
    }
    // The same content does not look the same; holes stay holes.
    expect(replicas[0]!.subarray(0, 32_768).equals(replicas[1]!.subarray(0, 32_768))).toBe(false);
    expect(replicas[0]!.subarray(3 * 32_768, 4 * 32_768).every((byte) => byte === 0)).toBe(true);
    const [name] = [...held.keys()].filter((key) => key.endsWith('.vhd'));
    const { metadata } = await container.getBlobClient(name!).getProperties();
    expect(metadata?.hvrc_format).toBe('fixed-vhd-in-aes-256-xts');
  });

  it('opens with its passphrase only, and is as it was after a wrong one', async () => {
    const vault = await makeVault();
    const open = (given: object) => openAzureVault(nameOf(vault), azurite.access, given);
    await expect(open({})).rejects.toMatchObject({ code: 'VAULT_PASSPHRASE_NEEDED' });
    await expect(open({ passphrase: 'Correct horse battery' })).rejects.toMatchObject({
      code: 'VAULT_PASSPHRASE_WRONG',
    });
    await expect(
      createAzureVault(nameOf(vault), azurite.access, { encrypt: true, passphrase: 'something else' }),
    ).rejects.toMatchObject({ code: 'VAULT_PASSPHRASE_WRONG' });
    expect((await open({ passphrase })).encryptionKey).toBe(vault.encryptionKey);
    // The same characters, composed and decomposed.
    const accented = await createAzureVault(`vault-${randomUUID()}`, azurite.access, {
      encrypt: true,
      passphrase: 'caf\u00e9 au lait',
    });
    const again = await openAzureVault(nameOf(accented), azurite.access, {
      passphrase: 'cafe\u0301 au lait',
    });
    expect(again.encryptionKey).toBe(accented.encryptionKey);
  });

  it('is made with a passphrase of some length, and a plain vault does not become one', async () => {
    const name = `vault-${randomUUID()}`;
    await expect(
      createAzureVault(name, azurite.access, { encrypt: true, passphrase: 'short' }),
    ).rejects.toMatchObject({ code: 'INPUT_INVALID' });
    await createAzureVault(name, azurite.access);
    await expect(createAzureVault(name, azurite.access, { encrypt: true, passphrase })).rejects.toMatchObject(
      { code: 'INPUT_INVALID' },
    );
  });

  it('takes nothing once its catalogue says that it is not encrypted', async () => {
    const vault = await makeVault();
    const container = openContainer(azurite.access, nameOf(vault));
    const { vaultId } = await vault.info();
    const plain = JSON.stringify({ format: 1, vaultId, createdAtMs: 0 });
    await container.getBlockBlobClient(vaultBlobName).upload(plain, plain.length);
    const key = Buffer.from(vault.encryptionKey!, 'base64');
    const known = new AzureVault(nameOf(vault), azurite.access, vaultId, { key });
    await expect(known.saveVm(makeVm([makeDisk()]))).rejects.toMatchObject({ code: 'VAULT_CORRUPT' });
  });

  it('is refused without its key where it is known already', async () => {
    const vault = await makeVault();
    const known = new AzureVault(nameOf(vault), azurite.access, (await vault.info()).vaultId);
    await expect(known.listVms()).rejects.toMatchObject({ code: 'VAULT_PASSPHRASE_NEEDED' });
  });

  it('says so when its catalogue was tampered with', async () => {
    const vault = await makeVault();
    const blob = openContainer(azurite.access, nameOf(vault)).getBlockBlobClient(vaultBlobName);
    const record = JSON.parse((await blob.downloadToBuffer()).toString());
    record.encryption.kdf.N = 2 ** 30;
    const text = JSON.stringify(record);
    await blob.upload(text, text.length);
    await expect(openAzureVault(nameOf(vault), azurite.access, { passphrase })).rejects.toMatchObject({
      code: 'VAULT_CORRUPT',
    });
  });
});
