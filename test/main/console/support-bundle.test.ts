import { dirname, join } from 'node:path';
import { expect, it } from 'vitest';
import { engineSite } from '../../support/engine-site.ts';
import { unzip } from '../../support/unzip.ts';

const makeSite = engineSite();

it('an engine that runs writes its own support bundle beside its data, every time a new one', async () => {
  const site = makeSite();
  await site.protect();
  const first = await site.console.request('support.bundle', {});
  expect(dirname(first.file)).toBe(join(site.data(), 'support'));
  const unpacked = await unzip(first.file);
  expect(Object.keys(unpacked).toSorted()).toEqual([...first.entries].toSorted());
  expect(first.entries).toEqual(
    expect.arrayContaining(['engine.json', 'status.json', 'logs/hvrc.log', 'disks/SRV1/system.vhdx.json']),
  );
  const disk = JSON.parse(unpacked['disks/SRV1/system.vhdx.json'] ?? '') as { log: unknown };
  expect(disk.log).toEqual({ bytes: expect.any(Number) });

  await site.clock.advance(1000);
  const second = await site.console.request('support.bundle', {});
  expect(second.file).not.toBe(first.file);
});
