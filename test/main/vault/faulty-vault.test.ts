import { randomUUID } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { ReplicationError } from '../../../src/contract/errors.ts';
import { createDirectoryVault } from '../../../src/main/vault/directory/directory-vault.ts';
import type { VmReplica } from '../../../src/main/vault/replica-vault.ts';
import { describeReplicaVault } from '../../conformance/replica-vault.ts';
import { FaultyVault, type ScriptedFault } from '../../support/faulty-vault.ts';
import { temporaryFolder } from '../../support/temporary-folder.ts';
import {
  alterBlock,
  cutOf,
  deltaOf,
  expectDisk,
  makeDisk,
  makeVm,
  patternedDisk,
  smallDiskBytes,
  stageDelta,
  stageInitial,
  thisInstallation,
} from '../../support/vault-model.ts';

describeReplicaVault('A fault-injecting wrapper without a script', async () => {
  const home = mkdtempSync(join(tmpdir(), 'hvrc-faulty-'));
  return {
    open: async () => new FaultyVault(await createDirectoryVault(join(home, 'vault'))).vault,
    dispose: async () => rmSync(home, { recursive: true, force: true }),
  };
});

describe('A cycle that is tried again after a scripted fault', () => {
  const folder = temporaryFolder();
  const lost = new ReplicationError('VAULT_UNREACHABLE', 'The vault went away.');
  const faults: ScriptedFault[] = (
    [
      'vault.openVm',
      'replica.beginDelta',
      'delta.put',
      'delta.seal',
      'replica.commit',
      'replica.prune',
    ] as const
  ).flatMap((method) =>
    (['before', 'after'] as const).map((when) => ({
      method,
      when,
      call: method === 'delta.put' ? 2 : 1,
      error: lost,
    })),
  );

  it.each(faults)('ends as if nothing had happened: $method, $when its effect', async (fault) => {
    const disk = makeDisk();
    const vm = makeVm([disk]);
    const lineage = randomUUID();
    const plain = await createDirectoryVault(folder('vault'));
    await plain.saveVm(vm);
    const first = await plain.openVm(vm.vmId, thisInstallation);
    const old = patternedDisk(smallDiskBytes, 1);
    await stageInitial(first, disk, old, lineage, 1);
    await first.commit(cutOf(1, [disk.diskId]));
    await first.close();
    const bytes = old.slice();
    for (const block of [0, 2, 7]) alterBlock(bytes, block, 0b11, 2);

    const faulty = new FaultyVault(plain, [fault]);
    const cycle = async (): Promise<VmReplica> => {
      const replica = await faulty.vault.openVm(vm.vmId, thisInstallation);
      const [state] = await replica.diskStates();
      if (state?.cut !== 2) await stageDelta(replica, disk.diskId, deltaOf(lineage, 2), bytes, [0, 2, 7]);
      await replica.commit(cutOf(2, [disk.diskId]));
      await replica.prune(1);
      return replica;
    };
    await expect(cycle()).rejects.toBe(lost);
    expect(faulty.pending).toEqual([]);
    const replica = await cycle();
    await expectDisk(replica, disk.diskId, null, bytes);
    const points = await replica.points();
    expect(points.map((point) => point.cut)).toEqual([2]);
    await expectDisk(replica, disk.diskId, points[0]!.id, bytes);
    await replica.close();
  });
});
