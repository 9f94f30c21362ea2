import { mkdirSync, readdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import type { ErrorCode } from '../../../../src/contract/error-catalogue.ts';
import {
  createDirectoryVault,
  openDirectoryVault,
} from '../../../../src/main/vault/directory/directory-vault.ts';
import { nodeFileOps } from '../../../../src/main/vault/directory/file-ops.ts';
import { vaultError } from '../../../../src/main/vault/directory/vault-errors.ts';
import { openReplicaVault } from '../../../../src/main/vault/open-vault.ts';
import { temporaryFolder } from '../../../support/temporary-folder.ts';
import {
  alterBlock,
  changeOf,
  cutOf,
  deltaOf,
  expectDisk,
  makeDisk,
  makeVm,
  thisInstallation,
} from '../../../support/vault-model.ts';
import { makeVaultSite } from '../../../support/vault-site.ts';

describe('The root of a directory vault', () => {
  const folder = temporaryFolder();
  const rejects = (work: Promise<unknown>, code: ErrorCode) => expect(work).rejects.toMatchObject({ code });

  it('is made of an absent or an empty directory', async () => {
    const absent = await createDirectoryVault(folder('deep', 'absent'));
    expect(await absent.listVms()).toEqual([]);
    mkdirSync(folder('empty', 'System Volume Information'), { recursive: true });
    await createDirectoryVault(folder('empty'));
    expect(readdirSync(folder('empty'))).toContain('vault.json');
  });

  it('is not made of a directory with other files', async () => {
    mkdirSync(folder('photos'));
    writeFileSync(folder('photos', 'cat.jpg'), 'meow');
    await rejects(createDirectoryVault(folder('photos')), 'VAULT_FOREIGN');
    expect(readdirSync(folder('photos'))).toEqual(['cat.jpg']);
  });

  it('of a newer format or with a damaged vault.json is refused by name', async () => {
    mkdirSync(folder('vault'));
    writeFileSync(folder('vault', 'vault.json'), '{"format":2,"vaultId":"x","somethingNew":true}');
    await rejects(openDirectoryVault(folder('vault')), 'VAULT_UNSUPPORTED');
    writeFileSync(folder('vault', 'vault.json'), '{"format":1');
    await rejects(createDirectoryVault(folder('vault')), 'VAULT_CORRUPT');
  });

  it('is never recreated where a drive is not mounted', async () => {
    const site = await makeVaultSite(folder('usb'));
    renameSync(folder('usb'), folder('elsewhere'));
    mkdirSync(folder('usb'));
    await rejects(openDirectoryVault(folder('usb')), 'VAULT_UNREACHABLE');
    await rejects(site.vault.listVms(), 'VAULT_UNREACHABLE');
    await rejects(site.vault.saveVm(makeVm([makeDisk()])), 'VAULT_UNREACHABLE');
    await rejects(site.vault.openVm(site.vm.vmId, thisInstallation), 'VAULT_UNREACHABLE');
    await rejects(site.replica.beginDelta(site.disk.diskId, deltaOf(site.lineage, 2)), 'VAULT_UNREACHABLE');
    await rejects(site.replica.beginInitial(site.disk, site.lineage, 0), 'VAULT_UNREACHABLE');
    await rejects(site.replica.commit(cutOf(2, [])), 'VAULT_UNREACHABLE');
    await rejects(site.replica.diskStates(), 'VAULT_UNREACHABLE');
    await rejects(site.replica.openDisk(site.disk.diskId, null), 'VAULT_UNREACHABLE');
    expect((await site.vault.check())[0]).toMatchObject({ right: 'reach', passed: false });
    expect(readdirSync(folder('usb'))).toEqual([]);
    rmSync(folder('usb'), { recursive: true });
    await rejects(site.replica.prune(1), 'VAULT_UNREACHABLE');
    renameSync(folder('elsewhere'), folder('usb'));
    await site.cycle([[0, 1]]);
    await expectDisk(site.replica, site.disk.diskId, null, site.bytes);
  });

  it('is refused when another vault is mounted in its place', async () => {
    const { vaultId } = await (await createDirectoryVault(folder('first'))).info();
    await createDirectoryVault(folder('second'));
    const vault = await openReplicaVault({ kind: 'directory', target: folder('second'), vaultId });
    await rejects(vault.listVms(), 'VAULT_FOREIGN');
    await rejects(vault.saveVm(makeVm([makeDisk()])), 'VAULT_FOREIGN');
  });

  it('shows the other VMs when one vm.json is damaged, and names it in the check', async () => {
    const site = await makeVaultSite(folder('vault'));
    const other = makeVm([makeDisk()], { name: 'Mail' });
    await site.vault.saveVm(other);
    writeFileSync(folder('vault', 'Mail', 'vm.json'), '{}');
    expect((await site.vault.listVms()).map((vm) => vm.name)).toEqual([site.vm.name]);
    await rejects(site.vault.readVm(other.vmId), 'VAULT_CORRUPT');
    const reach = (await site.vault.check())[0];
    expect(reach?.passed).toBe(false);
    expect(reach?.detail).toContain('Mail');
  });

  it('refuses a record whose paths lead out of the VM’s folder', async () => {
    const site = await makeVaultSite(folder('vault'));
    const path = folder('vault', site.vm.name, 'vm.json');
    const text = nodeFileOps.readText(path) ?? '';
    for (const hostile of ['../../etc/passwd', 'C:\\\\windows', '/etc/passwd', '.hvrc/../../x']) {
      writeFileSync(
        path,
        text.replaceAll('"system.vhdx"', `"${hostile}"`).replace(`"name": "${hostile}"`, '"name": "x"'),
      );
      await rejects(site.vault.readVm(site.vm.vmId), 'VAULT_CORRUPT');
    }
  });

  it('forgets a VM whose removal was interrupted', async () => {
    const site = await makeVaultSite(folder('vault'));
    await site.replica.close();
    const home = folder('vault', site.vm.name);
    renameSync(`${home}/vm.json`, `${home}/vm.json.removed`);
    expect(await site.vault.listVms()).toEqual([]);
    await site.vault.saveVm(site.vm);
    expect(readdirSync(home).sort()).toEqual(['.hvrc', 'vm.json']);
  });

  it.each([
    ['ENOSPC', 'VAULT_FULL'],
    ['EDQUOT', 'VAULT_FULL'],
    ['EACCES', 'VAULT_ACCESS_DENIED'],
    ['EROFS', 'VAULT_ACCESS_DENIED'],
    ['EIO', 'VAULT_UNREACHABLE'],
    ['ESTALE', 'VAULT_UNREACHABLE'],
    ['ENOTCONN', 'VAULT_UNREACHABLE'],
    ['ENODEV', 'VAULT_UNREACHABLE'],
    ['EFBIG', 'VAULT_WRITE_FAILED'],
  ] as const)('turns %s into %s, and the cycle is done when it is over', async (errno, code) => {
    const site = await makeVaultSite(folder('vault'));
    const { disk, lineage, bytes } = site;
    let failing = true;
    const fileOps = {
      ...nodeFileOps,
      writeAtomically: (path: string, text: string) => {
        if (!failing) return nodeFileOps.writeAtomically(path, text);
        throw Object.assign(new Error(`${errno}: as if`), { code: errno, errno: -1, path });
      },
    };
    const vault = await openDirectoryVault(folder('vault'), { fileOps });
    const replica = await vault.openVm(site.vm.vmId, thisInstallation);
    await rejects(replica.beginDelta(disk.diskId, deltaOf(lineage, 2)), code);
    failing = false;
    const writer = await replica.beginDelta(disk.diskId, deltaOf(lineage, 2));
    alterBlock(bytes, 0, 1, 2);
    await writer.put(changeOf(bytes, 0));
    await writer.seal();
    failing = true;
    await rejects(replica.commit(cutOf(2, [disk.diskId])), code);
    failing = false;
    await replica.commit(cutOf(2, [disk.diskId]));
    await expectDisk(replica, disk.diskId, null, bytes);
  });

  it('leaves errors that are no system errors unforeseen', () => {
    expect(vaultError(new TypeError('x is not a function'), folder()).code).toBe('UNKNOWN');
  });
});
