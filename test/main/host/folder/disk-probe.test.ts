import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { DiskProbe } from '../../../../src/main/host/folder/disk-probe.ts';
import { systemClock } from '../../../../src/main/platform/clock.ts';
import { makeRoot, makeVhdx } from './site.ts';

it('reads a disk once for all who wait for it, and anew for who asks after it was read', async () => {
  const path = join(makeRoot(), 'web', 'web.vhdx');
  await makeVhdx(path);
  const probe = new DiskProbe(systemClock);
  const [first, second] = await Promise.all([probe.probe(path), probe.probe(path)]);
  expect(first.kind).toBe('readable');
  expect(second).toBe(first);
  rmSync(path);
  expect((await probe.probe(path)).kind).toBe('unreadable');
});
