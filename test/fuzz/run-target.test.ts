import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { ReplicationError } from '../../src/contract/errors.ts';
import { randomFrom } from '../support/random.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';
import { FuzzImage } from './fuzz-image.ts';
import type { FuzzTarget } from './fuzz-target.ts';
import { mutate } from './mutate.ts';
import { runTarget } from './run-target.ts';

const inFolder = temporaryFolder();

const seedContent = Buffer.concat([Buffer.from('MAGIC'), Buffer.alloc(9000), Buffer.from('END')]);

/** Uses a file by this rule; the seed itself passes. */
const targetThat = (judge: (bytes: Buffer) => void): FuzzTarget => ({
  name: 'example',
  makeSeed: (folder) => {
    writeFileSync(join(folder, 'seed.bin'), seedContent);
    return join(folder, 'seed.bin');
  },
  exercise: (path) => judge(readFileSync(path)),
});

const run = (target: FuzzTarget, rounds: number, firstRound = 0) => {
  const folder = inFolder(`files-${rounds}-${firstRound}`);
  mkdirSync(folder);
  return runTarget(target, { rounds, seed: 7, firstRound, folder, keepIn: inFolder('kept') }, () => {});
};

describe('the fuzzer', () => {
  it('counts files that worked and files that were refused by name', async () => {
    const report = await run(
      targetThat((bytes) => {
        if (bytes.length !== seedContent.length) {
          throw new ReplicationError('DISK_TRUNCATED', 'The file has another length.');
        }
      }),
      200,
    );
    expect(report.failures).toEqual([]);
    expect(report.accepted).toBeGreaterThan(50);
    expect(report.refused.DISK_TRUNCATED).toBe(200 - report.accepted);
  });

  it('reports any other exception with what was done to the file, keeps the file, and can repeat the round', async () => {
    const target = targetThat((bytes) => {
      if (bytes.toString('latin1', 0, 5) !== 'MAGIC') throw new TypeError('not a thing');
    });
    const [failure] = (await run(target, 200)).failures;
    expect(failure).toMatchObject({ what: expect.stringContaining('TypeError: not a thing') });
    expect(failure!.mutations.length).toBeGreaterThan(1);
    const kept = readFileSync(join(failure!.keptIn, 'seed.bin'));
    expect(kept.toString('latin1', 0, 5)).not.toBe('MAGIC');
    const [again] = (await run(target, 1, failure!.round)).failures;
    expect(again).toMatchObject({ round: failure!.round, mutations: failure!.mutations });
  });

  it('does not begin with a seed that fails by itself', async () => {
    const target = targetThat(() => {
      throw new ReplicationError('DISK_CORRUPT', 'The file is damaged.');
    });
    await expect(run(target, 10)).rejects.toMatchObject({ code: 'DISK_CORRUPT' });
  });

  it('puts a file back as it was after any damage', () => {
    writeFileSync(inFolder('image.bin'), seedContent);
    const image = new FuzzImage(inFolder('image.bin'));
    for (let seed = 0; seed < 300; seed += 1) {
      mutate(image, randomFrom(seed));
      expect(readFileSync(image.path).equals(image.bytes)).toBe(true);
      image.restore();
      expect(readFileSync(image.path).equals(seedContent)).toBe(true);
    }
    image.close();
  });
});
