import { randomUUID } from 'node:crypto';
import {
  closeSync,
  copyFileSync,
  existsSync,
  openSync,
  readdirSync,
  readFileSync,
  readSync,
  rmSync,
  statSync,
  truncateSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { ErrorCode } from '../../../../src/contract/error-catalogue.ts';
import { DigestTable } from '../../../../src/main/block/digest-table.ts';
import { trackingBlockBytes } from '../../../../src/main/block/tracking-block.ts';
import { openVhdxWriter } from '../../../../src/main/disk/vhdx/vhdx-writer.ts';
import { openDirectoryVault } from '../../../../src/main/vault/directory/directory-vault.ts';
import { CrashingFileOps } from '../../../support/crashing-file-ops.ts';
import { temporaryFolder } from '../../../support/temporary-folder.ts';
import {
  blockOf,
  changeOf,
  cutOf,
  deltaOf,
  expectDisk,
  stageDelta,
  stageInitial,
  thisInstallation,
} from '../../../support/vault-model.ts';
import { makeVaultSite, type VaultSite } from '../../../support/vault-site.ts';

describe('A replica that was damaged behind the vault’s back', () => {
  const folder = temporaryFolder();
  const rejects = (work: Promise<unknown>, code: ErrorCode) => expect(work).rejects.toMatchObject({ code });
  const replicaPath = (site: VaultSite) => folder('vault', site.vm.name, 'system.vhdx');
  const hidden = (site: VaultSite) => folder('vault', site.vm.name, '.hvrc', site.disk.diskId);

  /** Writes into the replica as another program would. */
  const tamper = async (site: VaultSite, block: number): Promise<void> => {
    const writer = openVhdxWriter(replicaPath(site));
    writer.write(new Uint8Array(512).fill(0xee), block * trackingBlockBytes + 4096);
    await writer.close();
  };

  const headersAt = 64 * 1024;
  const headersBytes = 128 * 1024;

  /** Writes into the replica so that its headers do not show it: as a failing disk would, or a careless tool. */
  const tamperUnseen = async (site: VaultSite, block: number): Promise<void> => {
    const file = openSync(replicaPath(site), 'r+');
    const headers = Buffer.alloc(headersBytes);
    readSync(file, headers, 0, headersBytes, headersAt);
    await tamper(site, block);
    writeSync(file, headers, 0, headersBytes, headersAt);
    closeSync(file);
  };

  it('is found at the next delta, whichever block was altered, before anything is staged or committed', async () => {
    const site = await makeVaultSite(folder('vault'));
    const delta = await site.replica.beginDelta(site.disk.diskId, deltaOf(site.lineage, 2));
    await delta.put(changeOf(site.bytes, 0));
    await delta.seal();
    await delta.close();
    await tamper(site, 4);
    const expected = {
      code: 'REPLICA_INVALID',
      file: replicaPath(site),
      message: expect.stringContaining('data write GUID'),
    };
    await expect(site.replica.commit(cutOf(2, [site.disk.diskId]))).rejects.toMatchObject(expected);
    await expect(site.cycle([[0, 1]])).rejects.toMatchObject(expected);
    expect((await site.replica.diskStates())[0]?.cut).toBe(1);
  });

  it('is found when its file was lengthened or cut', async () => {
    const site = await makeVaultSite(folder('vault'));
    await tamperUnseen(site, 4);
    truncateSync(replicaPath(site), statSync(replicaPath(site)).size + 1024 * 1024);
    await rejects(site.cycle([[0, 1]]), 'REPLICA_INVALID');
  });

  it('goes unnoticed in a record of an older version until the next commit has noted how it left the file', async () => {
    const site = await makeVaultSite(folder('vault'));
    const path = folder('vault', site.vm.name, 'vm.json');
    const record = JSON.parse(readFileSync(path, 'utf8'));
    for (const disk of record.disks) delete disk.written;
    writeFileSync(path, JSON.stringify(record));
    await tamper(site, 4);
    await site.cycle([[0, 1]]);
    await tamper(site, 4);
    await rejects(site.cycle([[0, 2]]), 'REPLICA_INVALID');
  });

  it('is found when the altered block is about to be overwritten, before anything is committed', async () => {
    const site = await makeVaultSite(folder('vault'));
    await tamperUnseen(site, 4);
    await expect(
      site.cycle([
        [4, 1],
        [0, 1],
      ]),
    ).rejects.toMatchObject({
      code: 'REPLICA_INVALID',
      file: replicaPath(site),
      offset: 4 * trackingBlockBytes,
    });
    expect((await site.replica.diskStates())[0]?.cut).toBe(1);
    expect(await site.replica.points()).toHaveLength(1);
  });

  it('is healed by a resynchronization that drops the points first', async () => {
    const site = await makeVaultSite(folder('vault'));
    await tamper(site, 4);
    await site.replica.dropPoints();
    const next = randomUUID();
    const spec = deltaOf(next, 1, 'crash', { previousCut: 0, rebaseTo: next });
    await stageDelta(site.replica, site.disk.diskId, spec, site.bytes, [4]);
    await site.replica.commit({ ...cutOf(1, [site.disk.diskId]), takenAtMs: 77 });
    await expectDisk(site.replica, site.disk.diskId, null, site.bytes);
    expect(await site.replica.points()).toHaveLength(1);
    await (await site.replica.beginDelta(site.disk.diskId, deltaOf(next, 2))).close();
  });

  it('is missing when its file is gone, and can be replicated anew', async () => {
    const site = await makeVaultSite(folder('vault'));
    rmSync(replicaPath(site));
    expect((await site.replica.diskStates())[0]?.phase).toBe('absent');
    await rejects(site.replica.beginDelta(site.disk.diskId, deltaOf(site.lineage, 2)), 'REPLICA_MISSING');
    await rejects(site.replica.openDisk(site.disk.diskId, null), 'REPLICA_MISSING');
    await stageInitial(site.replica, site.disk, site.bytes, site.lineage, 2);
    await site.replica.commit(cutOf(2, [site.disk.diskId]));
    await expectDisk(site.replica, site.disk.diskId, null, site.bytes);
    expect((await site.replica.points()).map((point) => point.cut)).toEqual([2]);
  });

  it('is invalid when its file is no disk, or one of another size', async () => {
    const site = await makeVaultSite(folder('vault'));
    writeFileSync(replicaPath(site), 'not a disk at all');
    await rejects(site.replica.beginDelta(site.disk.diskId, deltaOf(site.lineage, 2)), 'REPLICA_INVALID');
    await rejects(site.replica.openDisk(site.disk.diskId, null), 'REPLICA_INVALID');
    const small = await makeVaultSite(folder('other'));
    copyFileSync(folder('other', small.vm.name, 'system.vhdx'), replicaPath(site));
    truncateSync(replicaPath(site), 100_000);
    await rejects(site.replica.openDisk(site.disk.diskId, null), 'REPLICA_INVALID');
  });

  it('reads its newest state when a before-image file is damaged, and refuses the points that need it', async () => {
    const site = await makeVaultSite(folder('vault'));
    const old = site.bytes.slice();
    await site.cycle([[0, 0xff]]);
    await site.cycle([[1, 0xff]]);
    const [first, second, third] = await site.replica.points();
    const [undo] = readdirSync(hidden(site)).filter((name) => name.startsWith('before-'));
    const path = join(hidden(site), undo!);
    truncateSync(path, 5000);
    await rejects(site.replica.openDisk(site.disk.diskId, first!.id), 'REPLICA_INVALID');
    await expectDisk(site.replica, site.disk.diskId, third!.id, site.bytes);
    await expectDisk(site.replica, site.disk.diskId, null, site.bytes);
    const between = site.bytes.slice();
    between.set(blockOf(old, 1), trackingBlockBytes);
    await expectDisk(site.replica, site.disk.diskId, second!.id, between);
    rmSync(path);
    await rejects(site.replica.openDisk(site.disk.diskId, first!.id), 'REPLICA_MISSING');
  });

  it('gets new digests from a resynchronization when its table is lost', async () => {
    const site = await makeVaultSite(folder('vault'));
    rmSync(join(hidden(site), 'digests'));
    await rejects(site.replica.beginDelta(site.disk.diskId, deltaOf(site.lineage, 2)), 'REPLICA_MISSING');
    const next = randomUUID();
    const spec = deltaOf(next, 1, 'crash', { previousCut: 0, rebaseTo: next });
    await stageDelta(site.replica, site.disk.diskId, spec, site.bytes, []);
    await site.replica.commit({ ...cutOf(1, [site.disk.diskId]), takenAtMs: 77 });
    await expectDisk(site.replica, site.disk.diskId, null, site.bytes);
  });

  it('gets the right digest for a block that is what it should be but was recorded otherwise', async () => {
    const site = await makeVaultSite(folder('vault'));
    const { disk, replica, bytes } = site;
    await replica.dropPoints();
    const table = DigestTable.open(join(hidden(site), 'digests'), {
      diskId: disk.diskId,
      diskSizeBytes: disk.sizeBytes,
    });
    table.write(2, new Uint8Array(16).fill(7));
    table.write(3, new Uint8Array(16).fill(7));
    table.flush();
    table.close();
    await stageDelta(replica, disk.diskId, deltaOf(site.lineage, 2), bytes, [0, 2, 3]);
    await replica.commit(cutOf(2, [disk.diskId]));
    await expectDisk(replica, disk.diskId, null, bytes);
  });

  it('opens after a crash in the middle of a commit took its file, and is replicated anew', async () => {
    const site = await makeVaultSite(folder('vault'));
    await stageDelta(site.replica, site.disk.diskId, deltaOf(site.lineage, 2), site.bytes, []);
    const path = folder('vault', site.vm.name, '.hvrc', 'commit.json');
    for (let crashAt = 0; !existsSync(path); crashAt += 1) {
      const crashing = new CrashingFileOps(crashAt);
      const doomed = await openDirectoryVault(folder('vault'), { fileOps: crashing.ops });
      await doomed
        .openVm(site.vm.vmId, thisInstallation)
        .then((replica) => replica.commit(cutOf(2, [site.disk.diskId])))
        .catch((error: unknown) => {
          if (!crashing.crashed) throw error;
        });
      crashing.dispose();
    }
    rmSync(replicaPath(site));
    const vault = await openDirectoryVault(folder('vault'));
    const replica = await vault.openVm(site.vm.vmId, thisInstallation);
    expect((await replica.diskStates())[0]?.phase).toBe('absent');
    await rejects(replica.beginDelta(site.disk.diskId, deltaOf(site.lineage, 3)), 'REPLICA_MISSING');
    await rejects(replica.commit(cutOf(3, [])), 'REPLICA_MISSING');
    await stageInitial(replica, site.disk, site.bytes, site.lineage, 3);
    await replica.commit(cutOf(3, [site.disk.diskId]));
    await expectDisk(replica, site.disk.diskId, null, site.bytes);
    expect((await replica.points()).map((point) => point.cut)).toEqual([3]);
  });
});
