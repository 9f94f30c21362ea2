import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, afterEach, beforeEach, describe, expect, it } from 'vitest';
import { ReplicationError } from '../../../src/contract/errors.ts';
import { DigestTable } from '../../../src/main/block/digest-table.ts';
import { createVhdxWriter, openVhdxWriter } from '../../../src/main/disk/vhdx/vhdx-writer.ts';
import { createAzureVault } from '../../../src/main/vault/azure/azure-vault.ts';
import { createDirectoryVault } from '../../../src/main/vault/directory/directory-vault.ts';
import type { ReplicaVault } from '../../../src/main/vault/replica-vault.ts';
import type { ResyncDiskResult } from '../../../src/main/workers/protocol.ts';
import {
  BlockReader,
  type DigestedChunk,
  type ReadOptions,
} from '../../../src/main/workers/reading/block-reader.ts';
import { decodeCells } from '../../../src/main/workers/resyncing/cell-map.ts';
import { resyncDisk } from '../../../src/main/workers/resyncing/resync-disk.ts';
import { Azurite } from '../../support/azurite.ts';
import { FaultyVault, type ScriptedFault } from '../../support/faulty-vault.ts';
import { randomBelow, randomFrom } from '../../support/random.ts';
import { temporaryFolder } from '../../support/temporary-folder.ts';
import { cutOf, makeDisk, makeVm, stageInitial, thisInstallation } from '../../support/vault-model.ts';

const inFolder = temporaryFolder();
const workers = join(import.meta.dirname, '../../../src/main/workers');

/** The product's reader, which counts what it reads of the source. */
class CountingReader extends BlockReader {
  bytes = 0;

  override async *read(options: ReadOptions): AsyncGenerator<DigestedChunk> {
    for await (const chunk of super.read(options)) {
      this.bytes += chunk.length;
      yield chunk;
    }
  }
}
const reader = new CountingReader(2, join(workers, 'reading/lane.ts'));
afterAll(() => reader.close());

const blockBytes = 32 * 1024;
const pageBytes = 4096;
const mebibyte = 1024 * 1024;
/** Four checkpoint intervals. */
const sizeBytes = 16 * mebibyte;
const blocks = sizeBytes / blockBytes;
const formerLineage = '6f9619ff-8b86-4011-b42d-00c04fc964ff';
const lineage = '7f9619ff-8b86-4011-b42d-00c04fc964ff';
const owner = { lineage, diskSizeBytes: sizeBytes };

const kinds = {
  directory: async () => createDirectoryVault(inFolder('vault')),
  azure: async () => {
    mkdirSync(inFolder('azurite'));
    azurite = await Azurite.start(inFolder('azurite'));
    return createAzureVault('replicas', azurite.access);
  },
} as const;
let azurite: Azurite | null = null;
afterEach(async () => {
  await azurite?.kill();
  azurite = null;
});

describe.each(Object.keys(kinds) as (keyof typeof kinds)[])(
  'the comparison with a replica in a vault (%s)',
  (kind) => {
    const disk = makeDisk('data.vhdx', sizeBytes);
    const vm = makeVm([disk]);
    let vault: ReplicaVault;
    /** What the source holds now, and what the replica held at cut 1. */
    let source: Buffer;
    let base: Buffer;

    beforeEach(async () => {
      for (const name of ['vm', 'tracking']) mkdirSync(inFolder(name));
      source = Buffer.alloc(sizeBytes);
      for (let block = 0; block < blocks; block += 1) {
        // The third quarter is a hole.
        if (Math.floor(block / 128) !== 2)
          source.fill(1 + (block % 250), block * blockBytes, (block + 1) * blockBytes);
      }
      base = Buffer.from(source);
      const writer = createVhdxWriter(inFolder('vm/data.vhdx'), { sizeBytes, blockBytes: mebibyte });
      for (let at = 0; at < sizeBytes; at += mebibyte) {
        if (Math.floor(at / mebibyte / 4) !== 2) writer.write(source.subarray(at, at + mebibyte), at);
      }
      await writer.close();
      vault = await kinds[kind]();
      await vault.saveVm(vm);
      const replica = await vault.openVm(vm.vmId, thisInstallation);
      await stageInitial(replica, disk, base, formerLineage, 1);
      await replica.commit(cutOf(1, [disk.diskId]));
      await replica.close();
    });
    afterEach(() => vault.close());

    const alter = async (offset: number, value: number, length = pageBytes): Promise<void> => {
      source.fill(value, offset, offset + length);
      const writer = openVhdxWriter(inFolder('vm/data.vhdx'));
      writer.write(Buffer.alloc(length, value), offset);
      await writer.close();
    };

    const attempt = async (
      options: { deep?: boolean; faults?: readonly ScriptedFault[]; signal?: AbortSignal } = {},
    ): Promise<ResyncDiskResult> => {
      const faulty = new FaultyVault(vault, options.faults ?? []);
      const replica = await faulty.vault.openVm(vm.vmId, thisInstallation);
      const params = {
        replica: {
          vault: { kind, target: vault.target, vaultId: '' },
          vmId: vm.vmId,
          writer: thisInstallation,
        },
        source: { diskId: disk.diskId, name: disk.name, path: inFolder('vm/data.vhdx'), sizeBytes },
        tracking: {
          tablePath: inFolder('tracking/data.digests'),
          lineage,
          rootPath: inFolder('vm/data.vhdx'),
        },
        cut: 2,
        takenAtMs: 5,
        deep: options.deep ?? false,
      };
      const signal = options.signal ?? new AbortController().signal;
      try {
        return await resyncDisk(params, replica, reader, { signal, progress: () => undefined });
      } finally {
        await replica.close();
      }
    };

    /** Commits, and tells what the replica, its recorded digests and the local table are then. */
    const committed = async () => {
      const replica = await vault.openVm(vm.vmId, thisInstallation);
      await replica.commit(cutOf(2, [disk.diskId], 'fuzzy'));
      const content = await replica.openDisk(disk.diskId, null);
      const held = Buffer.alloc(sizeBytes);
      await content.read(held, 0);
      const recorded = Buffer.alloc(blocks * 16);
      await content.digests(recorded, 0);
      await content.close();
      await replica.close();
      const table = DigestTable.open(inFolder('tracking/data.digests'), { ...owner, diskId: disk.diskId });
      const tracked = Buffer.alloc(blocks * 16);
      table.read(0, blocks, tracked);
      const { complete, cut } = table;
      table.close();
      return { held, recorded, tracked, complete, cut };
    };

    const expectHonest = async (): Promise<Buffer> => {
      const { held, recorded, tracked, complete, cut } = await committed();
      expect([complete, cut]).toEqual([true, 2]);
      const { digestOf } = await import('../../../src/main/block/digest.ts');
      for (let block = 0; block < blocks; block += 1) {
        const digest = digestOf(held.subarray(block * blockBytes, (block + 1) * blockBytes));
        const at = block * 16;
        if (!tracked.subarray(at, at + 16).equals(digest))
          throw new Error(`block ${block} is not what is tracked`);
        if (!recorded.subarray(at, at + 16).equals(digest))
          throw new Error(`block ${block} is recorded wrongly`);
      }
      return held;
    };

    const unreachable = new ReplicationError('VAULT_UNREACHABLE', 'The vault is away.');

    it('sends nothing for equal disks', async () => {
      const result = await attempt();
      expect(result).toMatchObject({
        comparedBlocks: blocks,
        differentBlocks: 0,
        sentBytes: 0,
        resumedAtBytes: null,
      });
      expect(result.dataBytes).toBe(sizeBytes * 0.75);
      expect(new Set(decodeCells(result.map))).toEqual(new Set([1]));
      expect((await expectHonest()).equals(source)).toBe(true);
    });

    it('sends what differs and no more, and shows where', async () => {
      await alter(5 * blockBytes, 0xaa);
      await alter(130 * blockBytes + 2 * pageBytes, 0xbb);
      await alter(300 * blockBytes, 0xcc);
      await alter(400 * blockBytes, 0, blockBytes);
      const result = await attempt();
      expect(result).toMatchObject({ comparedBlocks: blocks, differentBlocks: 4, sentBlocks: 4 });
      // Three blocks and one that is cleared; a directory gets the pages only.
      const most = kind === 'directory' ? 1.1 * 3 * pageBytes + 256 : 3 * blockBytes;
      expect(result.sentBytes).toBeLessThanOrEqual(most);
      const cells = decodeCells(result.map);
      expect([...cells.entries()].filter(([, state]) => state === 3).map(([cell]) => cell)).toEqual([
        5, 130, 300, 400,
      ]);
      expect((await expectHonest()).equals(source)).toBe(true);
    });

    it('goes on at the last confirmed block, counting what was done before', async () => {
      await alter(5 * blockBytes, 1, 3 * blockBytes);
      await alter(400 * blockBytes, 2, 3 * blockBytes);
      const faults = [{ method: 'delta.put', call: 5, error: unreachable, when: 'before' }] as const;
      await expect(attempt({ faults })).rejects.toMatchObject({ code: 'VAULT_UNREACHABLE' });
      const before = reader.bytes;
      const result = await attempt();
      expect(result.resumedAtBytes).toBeGreaterThanOrEqual(8 * mebibyte);
      // Nothing that was confirmed is read again: what is left is the last quarter, after the hole.
      expect(reader.bytes - before).toBe(sizeBytes - Math.max(12 * mebibyte, result.resumedAtBytes ?? 0));
      expect(result).toMatchObject({ comparedBlocks: blocks, differentBlocks: 6 });
      expect((await expectHonest()).equals(source)).toBe(true);
    });

    it('does not take for true what an interrupted run staged of a block that changed back', async () => {
      await alter(5 * blockBytes, 0xaa, blockBytes);
      await alter(100 * blockBytes, 0xab, blockBytes);
      const faults = [{ method: 'delta.checkpoint', call: 1, error: unreachable, when: 'after' }] as const;
      await expect(attempt({ faults })).rejects.toMatchObject({ code: 'VAULT_UNREACHABLE' });
      source.set(base.subarray(5 * blockBytes, 6 * blockBytes), 5 * blockBytes);
      await alter(5 * blockBytes, base[5 * blockBytes]!, blockBytes);
      await attempt();
      expect((await expectHonest()).equals(source)).toBe(true);
    });

    it('begins anew when the vault lost what was staged, or this side its checkpoint', async () => {
      await alter(5 * blockBytes, 0xaa);
      await alter(500 * blockBytes, 0xab);
      const faults = [{ method: 'delta.seal', call: 1, error: unreachable, when: 'before' }] as const;
      await expect(attempt({ faults })).rejects.toMatchObject({ code: 'VAULT_UNREACHABLE' });
      const { rmSync } = await import('node:fs');
      rmSync(inFolder('tracking/data.digests.resync'));
      expect(await attempt()).toMatchObject({ resumedAtBytes: null, differentBlocks: 2 });
      const replica = await vault.openVm(vm.vmId, thisInstallation);
      const spec = {
        lineage: formerLineage,
        previousCut: 1,
        cut: 9,
        takenAtMs: 9,
        consistency: 'fuzzy',
      } as const;
      await (await replica.beginDelta(disk.diskId, spec)).close();
      await replica.close();
      expect(await attempt()).toMatchObject({ resumedAtBytes: null, differentBlocks: 2 });
      expect((await expectHonest()).equals(source)).toBe(true);
    });

    it('ends honest whatever fails and whatever the source does meanwhile', async () => {
      const methods = [
        'delta.put',
        'delta.restage',
        'delta.checkpoint',
        'delta.seal',
        'content.digests',
      ] as const;
      for (let life = 1; life <= (kind === 'directory' ? 6 : 4); life += 1) {
        const random = randomFrom(life);
        for (let isDone = false; !isDone; ) {
          for (let count = 0; count < 6; count += 1) {
            // A few blocks that change again and again, and back to what the replica holds.
            const block = 1 + 64 * randomBelow(random, blocks / 64);
            const value = random() < 0.5 ? base[block * blockBytes]! : randomBelow(random, 3);
            await alter(block * blockBytes, value, blockBytes);
          }
          const method = methods[randomBelow(random, methods.length)]!;
          const fault = { method, error: unreachable, when: random() < 0.3 ? 'before' : 'after' } as const;
          try {
            await attempt({ faults: [{ ...fault, call: 1 + randomBelow(random, 4) }] });
            isDone = true;
          } catch (error) {
            expect(error).toBe(unreachable);
          }
        }
        // Below the last checkpoint blocks may be older than the source: tracking knows, and the next cycle sends them.
        await expectHonest();
        await resetTo(life);
      }
    });

    /** The next life: what the replica holds is what the next comparison begins with. */
    const resetTo = async (seed: number): Promise<void> => {
      const replica = await vault.openVm(vm.vmId, thisInstallation);
      const spec = {
        lineage: formerLineage,
        previousCut: 2,
        cut: 1,
        takenAtMs: seed + 100,
        consistency: 'fuzzy',
        rebaseTo: formerLineage,
      } as const;
      const delta = await replica.beginDelta(disk.diskId, spec);
      await delta.seal();
      await replica.commit({ cut: 1, takenAtMs: seed + 100, consistency: 'fuzzy', diskIds: [disk.diskId] });
      const content = await replica.openDisk(disk.diskId, null);
      await content.read(base, 0);
      await content.close();
      await replica.close();
      const { rmSync } = await import('node:fs');
      rmSync(inFolder('tracking/data.digests.resync'));
    };

    if (kind === 'azure') {
      it('reads nothing back where the recorded digests vouch, and everything when it is to go deep', async () => {
        await alter(5 * blockBytes, 0xaa);
        const reads = async (deep: boolean) => {
          const faulty = new FaultyVault(vault);
          const replica = await faulty.vault.openVm(vm.vmId, thisInstallation);
          const tablePath = inFolder(`tracking/${deep}.digests`);
          const params = {
            replica: {
              vault: { kind, target: vault.target, vaultId: '' },
              vmId: vm.vmId,
              writer: thisInstallation,
            },
            source: { diskId: disk.diskId, name: disk.name, path: inFolder('vm/data.vhdx'), sizeBytes },
            tracking: { tablePath, lineage, rootPath: inFolder('vm/data.vhdx') },
            cut: deep ? 3 : 2,
            takenAtMs: 5,
            deep,
          };
          const { signal } = new AbortController();
          const result = await resyncDisk(params, replica, reader, { signal, progress: () => undefined });
          await replica.close();
          return {
            differentBlocks: result.differentBlocks,
            reads: faulty.calls.filter((call) => call === 'content.read').length,
          };
        };
        expect(await reads(false)).toEqual({ differentBlocks: 1, reads: 0 });
        expect(await reads(true)).toEqual({ differentBlocks: 1, reads: 12 });
      });
    }
  },
);
