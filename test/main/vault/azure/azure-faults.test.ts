import { randomUUID } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  ContainerSASPermissions,
  generateBlobSASQueryParameters,
  StorageSharedKeyCredential,
} from '@azure/storage-blob';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { ReplicationError } from '../../../../src/contract/errors.ts';
import { digestOf } from '../../../../src/main/block/digest.ts';
import { blockCount, trackingBlockBytes } from '../../../../src/main/block/tracking-block.ts';
import type { AzureAccess } from '../../../../src/main/vault/azure/azure-access.ts';
import { openContainer } from '../../../../src/main/vault/azure/azure-client.ts';
import { AzureVault, createAzureVault } from '../../../../src/main/vault/azure/azure-vault.ts';
import type { DeltaWriter, VaultDisk, VaultVm, VmReplica } from '../../../../src/main/vault/replica-vault.ts';
import { Azurite } from '../../../support/azurite.ts';
import { FaultProxy } from '../../../support/fault-proxy.ts';
import {
  alterBlock,
  changeOf,
  copyRange,
  cutOf,
  deltaOf,
  expectDisk,
  makeDisk,
  makeVm,
  otherInstallation,
  patternedDisk,
  smallDiskBytes,
  stageDelta,
  stageInitial,
  thisInstallation,
} from '../../../support/vault-model.ts';

const folder = mkdtempSync(join(tmpdir(), 'hvrc-azurite-'));
let azurite: Azurite;
let proxy: FaultProxy;
beforeAll(async () => {
  azurite = await Azurite.start(folder);
  proxy = await FaultProxy.start(azurite);
});
afterAll(async () => {
  await proxy.stop();
  await azurite.kill();
  rmSync(folder, { recursive: true, force: true });
});

const lineage = randomUUID();
let vault: AzureVault;
let disk: VaultDisk;
let vm: VaultVm;
beforeEach(async () => {
  proxy.reset();
  vault = await createAzureVault(`vault-${randomUUID()}`, proxy.access);
  disk = makeDisk();
  vm = makeVm([disk]);
  await vault.saveVm(vm);
});
afterEach(async () => {
  proxy.reset();
  await openContainer(azurite.access, vault.target.slice(6)).deleteIfExists();
});

const replicated = async (bytes: Uint8Array): Promise<VmReplica> => {
  const replica = await vault.openVm(vm.vmId, thisInstallation);
  await stageInitial(replica, { ...disk, sizeBytes: bytes.length }, bytes, lineage, 1);
  await replica.commit(cutOf(1, [disk.diskId]));
  return replica;
};

const codeOf = async (work: Promise<unknown>): Promise<string> =>
  work.then(
    () => 'none',
    (error: unknown) => (error instanceof ReplicationError ? error.code : `not catalogued: ${String(error)}`),
  );

describe('a cycle into a storage account', () => {
  const old = patternedDisk(smallDiskBytes, 1);
  const next = old.slice();
  alterBlock(next, 0, 0xff, 2);
  alterBlock(next, 1, 0, 2);
  alterBlock(next, 8, 0b11, 2);
  const blocks = [0, 1, 8];

  const cycle = async (replica: VmReplica): Promise<void> => {
    await stageDelta(replica, disk.diskId, deltaOf(lineage, 2), next, blocks);
    await replica.commit(cutOf(2, [disk.diskId]));
    await replica.prune(1);
  };

  it('ends as the old cut or the new one wherever it is cut off', async () => {
    // The first cycle with nothing wrong tells how many requests there are.
    let requests = Number.POSITIVE_INFINITY;
    for (let cutAt = 0; cutAt < requests; cutAt += 1) {
      vm = makeVm([disk]);
      await vault.saveVm(vm);
      const replica = await replicated(old);
      proxy.reset();
      // The service did it, nobody hears of it, and the connection stays broken.
      proxy.fate = (_, index) => (index < cutAt ? 'pass' : index === cutAt ? 'loseAnswer' : 'break');
      const code = await codeOf(cycle(replica));
      if (code === 'none') {
        requests = proxy.seen.length;
        break;
      }
      expect(code).toBe('VAULT_UNREACHABLE');
      proxy.reset();
      const again = await vault.openVm(vm.vmId, thisInstallation);
      const [state] = await again.diskStates();
      expect(state).toMatchObject({ phase: 'complete' });
      await expectDisk(again, disk.diskId, null, state?.cut === 1 ? old : next);
      if (state?.cut === 1) await cycle(again);
      else await again.commit(cutOf(2, [disk.diskId]));
      await expectDisk(again, disk.diskId, null, next);
      for (const point of await again.points()) {
        await expectDisk(again, disk.diskId, point.id, point.cut === 1 ? old : next);
      }
      await again.close();
    }
    expect(requests).toBeGreaterThan(15);
    expect(requests).toBeLessThan(50);
  });

  it.each([
    [{ status: 503, code: 'ServerBusy', headers: { 'retry-after': '7' } }, 'VAULT_UNREACHABLE', 7000],
    [{ status: 500, code: 'InternalError' }, 'VAULT_UNREACHABLE', undefined],
    [{ status: 429, code: 'TooManyRequests', headers: { 'retry-after': '3' } }, 'VAULT_UNREACHABLE', 3000],
    [{ status: 403, code: 'AuthorizationPermissionMismatch' }, 'VAULT_ACCESS_DENIED', undefined],
    [{ status: 401, code: 'InvalidAuthenticationInfo' }, 'VAULT_ACCESS_DENIED', undefined],
    [{ status: 404, code: 'ContainerNotFound' }, 'VAULT_NOT_FOUND', undefined],
    [{ status: 412, code: 'LeaseIdMismatchWithBlobOperation' }, 'VAULT_IN_USE', undefined],
  ])('says what %o means', async (fate, code, retryAfterMs) => {
    const replica = await replicated(old);
    proxy.fate = ({ path }) => (path.includes('comp=page') ? fate : 'pass');
    await expect(cycle(replica)).rejects.toMatchObject({ code, retryAfterMs });
    proxy.reset();
    await cycle(replica);
    await expectDisk(replica, disk.diskId, null, next);
  });

  it('is retried at once for a hiccup', async () => {
    const replica = await replicated(old);
    proxy.fate = (_, index) => (index % 5 === 4 ? 'break' : 'pass');
    await cycle(replica);
    proxy.reset();
    await expectDisk(replica, disk.diskId, null, next);
  });

  it('is refused to a writer whose VM was taken over, in the middle of a delta', async () => {
    const replica = await replicated(old);
    const delta = await replica.beginDelta(disk.diskId, deltaOf(lineage, 2));
    await vault.saveVm({ ...vm, writer: otherInstallation }, { takeOver: true });
    const theirs = await vault.openVm(vm.vmId, otherInstallation);
    await delta.put(changeOf(next, 0));
    expect(await codeOf(delta.seal())).toBe('VAULT_IN_USE');
    await delta.close();
    await cycle(theirs);
    await expectDisk(theirs, disk.diskId, null, next);
    await expect(vault.openVm(vm.vmId, thisInstallation)).rejects.toThrow(/HOST-2, since 20/);
  });

  it('goes on where it was let go, and sends nothing twice', async () => {
    const replica = await replicated(old);
    const delta = await replica.beginDelta(disk.diskId, deltaOf(lineage, 2));
    for (const block of [0, 1]) await delta.put(changeOf(next, block));
    await delta.close();
    await replica.close();
    const again = await vault.openVm(vm.vmId, thisInstallation);
    await expectDisk(again, disk.diskId, null, old);
    const resumed = await again.beginDelta(disk.diskId, deltaOf(lineage, 2));
    expect(resumed.resumedChanges).toBe(2);
    proxy.reset();
    await resumed.put(changeOf(next, 8));
    await resumed.seal();
    const writes = proxy.seen.filter(({ path }) => path.includes('.vhd') && path.includes('comp=page'));
    expect(writes).toHaveLength(1);
    await again.commit(cutOf(2, [disk.diskId]));
    await expectDisk(again, disk.diskId, null, next);
  });

  it('finds a blob that is gone', async () => {
    const replica = await replicated(old);
    const { location } = (await replica.diskStates())[0]!;
    const name = new URL(location).pathname.split('/').slice(3).join('/');
    const blob = openContainer(azurite.access, vault.target.slice(6)).getPageBlobClient(name);
    await blob.getBlobLeaseClient().breakLease(0);
    await blob.delete({ deleteSnapshots: 'include' });
    expect(await codeOf(replica.beginDelta(disk.diskId, deltaOf(lineage, 2)))).toBe('REPLICA_MISSING');
    expect(await codeOf(replica.commit(cutOf(2, [])))).toBe('REPLICA_MISSING');
    expect(await codeOf(replica.openDisk(disk.diskId, null))).toBe('REPLICA_MISSING');
    expect((await replica.diskStates())[0]).toMatchObject({ phase: 'absent' });
    await replica.dropPoints();
    await stageInitial(replica, disk, next, randomUUID(), 1);
    await replica.commit({ ...cutOf(1, [disk.diskId]), takenAtMs: 7 });
    await expectDisk(replica, disk.diskId, null, next);
  });
});

describe('the requests of a first copy', () => {
  const pageWrites = () =>
    proxy.seen.filter(
      ({ method, path, headers }) =>
        method === 'PUT' &&
        path.includes('comp=page') &&
        path.includes('.vhd') &&
        headers['x-ms-page-write'] === 'update',
    );

  it('are whole sectors, at most 4 MiB, joined where data follow one another, and none is for zeros', async () => {
    const bytes = new Uint8Array(24 * 1024 * 1024 + 512);
    const filled = [
      [0, 9 * 1024 * 1024],
      [16 * 1024 * 1024, 1024 * 1024],
      [24 * 1024 * 1024, 512],
    ] as const;
    for (const [offset, length] of filled) bytes.fill(0x5a, offset, offset + length);
    disk = { ...disk, sizeBytes: bytes.length };
    vm = { ...vm, disks: [disk] };
    await vault.saveVm(vm);
    const replica = await vault.openVm(vm.vmId, thisInstallation);
    proxy.reset();
    await stageInitial(replica, disk, bytes, lineage, 1);
    const sizes = pageWrites().map(({ headers }) => Number(headers['content-length']));
    const mebibyte = 1024 * 1024;
    expect(sizes.sort((a, b) => a - b)).toEqual([512, 512, mebibyte, mebibyte, 4 * mebibyte, 4 * mebibyte]);
    await replica.commit(cutOf(1, [disk.diskId]));
    await expectDisk(replica, disk.diskId, null, bytes);
  });

  it('are up to the wanted number in flight, and the caller’s memory is its own again at once', async () => {
    const blocks = 64;
    const bytes = patternedDisk(blocks * 2 * trackingBlockBytes, 3);
    for (let block = 1; block < blocks * 2; block += 2) alterBlock(bytes, block, 0, 0);
    const wide = new AzureVault(vault.target.slice(6), proxy.access, (await vault.info()).vaultId, {
      threads: 8,
    });
    disk = { ...disk, sizeBytes: bytes.length };
    await vault.saveVm({ ...vm, disks: [disk] });
    const replica = await wide.openVm(vm.vmId, thisInstallation);
    const initial = await replica.beginInitial(disk, lineage, 0);
    const block = new Uint8Array(trackingBlockBytes);
    for (let index = 0; index < blocks * 2; index += 1) {
      block.set(bytes.subarray(index * block.length, (index + 1) * block.length));
      if (index % 2 === 1 || digestOf(block).every((byte) => byte === 0)) {
        await initial.zero(index * block.length, block.length);
      } else {
        await initial.write(index * block.length, block, digestOf(block));
      }
      block.fill(0xee);
    }
    await initial.seal(1);
    await replica.commit(cutOf(1, [disk.diskId]));
    await expectDisk(replica, disk.diskId, null, bytes);
  });
});

describe('what an interrupted run sent', () => {
  const mebibyte = 1024 * 1024;
  /** Lets so many page writes into the disk's blob through; returns a function that says how many bytes got there. */
  const letThrough = (most: number): (() => number) => {
    let bytes = 0;
    let writes = 0;
    proxy.reset();
    proxy.fate = ({ path, headers }) => {
      if (!path.includes('.vhd') || headers['x-ms-page-write'] !== 'update') return 'pass';
      writes += 1;
      if (writes > most) return { status: 403, code: 'AuthorizationFailure' };
      bytes += Number(headers['content-length']);
      return 'pass';
    };
    return () => bytes;
  };

  it('of an initial copy is not sent again, beyond its checkpoint neither', async () => {
    const bytes = patternedDisk(40 * mebibyte, 5);
    // Runs of data, so that there are writes of 4 MiB.
    for (let block = 3; block < blockCount(bytes.length); block += 4) alterBlock(bytes, block, 0xff, 6);
    disk = { ...disk, sizeBytes: bytes.length };
    await vault.saveVm({ ...vm, disks: [disk] });
    const replica = await vault.openVm(vm.vmId, thisInstallation);
    const initial = await replica.beginInitial(disk, lineage, 0);
    const checkpointBlock = (8 * mebibyte) / trackingBlockBytes;
    await copyRange(initial, bytes, 0, checkpointBlock);
    await initial.flush();
    const sentFirst = letThrough(5);
    const interrupted = (async () => {
      await copyRange(initial, bytes, checkpointBlock, blockCount(bytes.length));
      await initial.flush();
    })();
    expect(await codeOf(interrupted)).toBe('VAULT_ACCESS_DENIED');
    await initial.close();
    await replica.close();
    expect(sentFirst()).toBe(20 * mebibyte);

    // Meanwhile the source goes on: a block that was sent differs, another one is zeros.
    alterBlock(bytes, checkpointBlock + 7, 0b1, 9);
    alterBlock(bytes, checkpointBlock + 40, 0, 9);
    const again = await vault.openVm(vm.vmId, thisInstallation);
    const resumed = await again.beginInitial(disk, lineage, 8 * mebibyte);
    expect(resumed.resumedFromOffset).toBe(8 * mebibyte);
    const sentThen = letThrough(Number.POSITIVE_INFINITY);
    await copyRange(resumed, bytes, checkpointBlock, blockCount(bytes.length));
    await resumed.seal(1);
    const [footer, changed] = [512, trackingBlockBytes];
    expect(sentThen()).toBe(32 * mebibyte - sentFirst() + changed + footer);
    await again.commit(cutOf(1, [disk.diskId]));
    await expectDisk(again, disk.diskId, null, bytes);
  });

  it('of a delta is not sent again', async () => {
    const old = patternedDisk(16 * mebibyte, 1);
    disk = { ...disk, sizeBytes: old.length };
    await vault.saveVm({ ...vm, disks: [disk] });
    const replica = await replicated(old);
    const next = patternedDisk(old.length, 2);
    const blocks = Array.from({ length: blockCount(next.length) }, (_, block) => block).filter(
      (block) => block % 4 !== 3,
    );
    const send = async (delta: DeltaWriter): Promise<void> => {
      for (const block of blocks) await delta.put(changeOf(next, block));
      await delta.seal();
    };
    const delta = await replica.beginDelta(disk.diskId, deltaOf(lineage, 2));
    const sentFirst = letThrough(40);
    expect(await codeOf(send(delta))).toBe('VAULT_ACCESS_DENIED');
    await delta.close();
    await replica.close();
    const again = await vault.openVm(vm.vmId, thisInstallation);
    const sentThen = letThrough(Number.POSITIVE_INFINITY);
    const resumed = await again.beginDelta(disk.diskId, deltaOf(lineage, 2));
    expect(resumed.resumedChanges).toBe(0);
    await send(resumed);
    expect(sentFirst()).toBeGreaterThan(3 * mebibyte);
    expect(sentFirst() + sentThen()).toBe(blocks.length * trackingBlockBytes);
    await again.commit(cutOf(2, [disk.diskId]));
    await expectDisk(again, disk.diskId, null, next);
  });
});

describe('a shared access signature', () => {
  const later = () => new Date(Date.now() + 3_600_000);
  const keyOf = ({ credential }: AzureAccess): StorageSharedKeyCredential => {
    if (credential.kind !== 'accountKey') throw new Error('The emulator has a key');
    return new StorageSharedKeyCredential(credential.account, credential.key);
  };
  const signedBy = async (token: string): Promise<AzureVault> => {
    const access: AzureAccess = { endpoint: azurite.access.endpoint, credential: { kind: 'sas', token } };
    return new AzureVault(vault.target.slice(6), access, (await vault.info()).vaultId);
  };
  const ofContainer = (permissions: string, expiresOn = later()): Promise<AzureVault> => {
    const containerName = vault.target.slice(6);
    const values = { containerName, permissions: ContainerSASPermissions.parse(permissions), expiresOn };
    return signedBy(generateBlobSASQueryParameters(values, keyOf(azurite.access)).toString());
  };
  /** The emulator takes that of a container for no snapshot, unlike the service. */
  const ofAccount = (permissions: string): Promise<AzureVault> => signedBy(azurite.accountSas(permissions));

  it('is enough to replicate, to roll back, and to remove, and shows nowhere', async () => {
    const signed = await ofAccount('racwdl');
    const old = patternedDisk(smallDiskBytes, 1);
    const replica = await signed.openVm(vm.vmId, thisInstallation);
    await stageInitial(replica, disk, old, lineage, 1);
    await replica.commit(cutOf(1, [disk.diskId]));
    const lost = old.slice();
    alterBlock(lost, 0, 0xff, 2);
    await stageDelta(replica, disk.diskId, deltaOf(lineage, 2), lost, [0]);
    const bytes = old.slice();
    alterBlock(bytes, 5, 0xff, 3);
    await stageDelta(replica, disk.diskId, deltaOf(lineage, 3, 'crash', { previousCut: 1 }), bytes, [5]);
    await replica.commit(cutOf(3, [disk.diskId]));
    await expectDisk(replica, disk.diskId, null, bytes);
    await expectDisk(replica, disk.diskId, (await replica.points())[0]!.id, old);
    expect((await replica.diskStates())[0]!.location).not.toContain('?');
    expect((await signed.check()).filter(({ passed }) => !passed)).toEqual([]);
    await signed.removeVm(vm.vmId);
    expect(await signed.listVms()).toEqual([]);
  });

  it.each([
    ['rl', 'write'],
    ['racwl', 'delete'],
    ['racwd', 'list'],
    ['wl', 'read'],
  ])('with the rights %s alone fails the check, which names %s', async (permissions, right) => {
    const checks = await (await ofAccount(permissions)).check();
    expect(checks.filter(({ passed }) => !passed)).toMatchObject([
      { right, detail: expect.stringContaining(right) },
    ]);
  });

  it('is named as lacking snapshots where the service refuses nothing else', async () => {
    proxy.fate = ({ path }) =>
      path.includes('comp=snapshot') ? { status: 403, code: 'AuthorizationPermissionMismatch' } : 'pass';
    const checks = await vault.check();
    expect(checks.filter(({ passed }) => !passed)).toMatchObject([
      {
        right: 'snapshot',
        detail: expect.stringMatching(/right to snapshot is missing.*does not have the right/),
      },
    ]);
    expect(proxy.seen.some(({ method }) => method === 'DELETE')).toBe(true);
  });

  it('may take snapshots when it may write: the right to create is not needed', async () => {
    const checks = await (await ofAccount('rwdl')).check();
    expect(checks.map(({ right, passed }) => [right, passed])).toEqual(
      ['reach', 'read', 'list', 'write', 'snapshot', 'delete'].map((right) => [right, true]),
    );
  });

  it('without the right to delete says which blob stays behind', async () => {
    const checks = await (await ofAccount('rwl')).check();
    const [missing] = checks.filter(({ passed }) => !passed);
    expect(missing).toMatchObject({ right: 'delete', detail: expect.stringContaining('.hvrc-check-') });
  });

  it('that has expired is refused for good', async () => {
    const expired = ofContainer('racwdl', new Date(Date.now() - 60_000));
    const error: unknown = await expired
      .then((opened) => opened.listVms())
      .catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({ code: 'VAULT_ACCESS_DENIED', class: 'nonRecoverable' });
    expect(JSON.stringify((error as ReplicationError).toReport())).not.toContain('sig=');
  });
});
