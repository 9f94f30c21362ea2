import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { Azurite } from '../../support/azurite.ts';
import { type EngineSite, engineSite, mebibyte } from '../../support/engine-site.ts';
import { FaultProxy, type SeenRequest } from '../../support/fault-proxy.ts';
import { type Departure, extremesOverWindows } from '../../support/windows.ts';

const makeSite = engineSite();
/** 8 bits of it are a byte: 1.25 MB a second. */
const limitBps = 10_000_000;
const always = {
  days: ['mon', 'tue', 'wed', 'thu', 'fri', 'sat', 'sun'],
  from: '00:00',
  to: '00:00',
} as const;

let folder: string;
let azurite: Azurite;
let proxy: FaultProxy;
beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'hvrc-azurite-'));
  mkdirSync(join(folder, 'files'));
  azurite = await Azurite.start(join(folder, 'files'));
  proxy = await FaultProxy.start(azurite);
});
afterEach(async () => {
  await proxy.stop();
  await azurite.kill();
  rmSync(folder, { recursive: true, force: true });
});

/** An engine that is about to copy 16 MiB through the proxy. */
const prepare = async (): Promise<EngineSite> => {
  const site = makeSite();
  await site.makeVm();
  await site.open();
  await site.console.request('host.use', { path: site.host });
  const connectionString = azurite.connectionString.replace(
    /BlobEndpoint=[^;]+/,
    `BlobEndpoint=${proxy.access.endpoint}`,
  );
  await site.console.request('vault.add', { name: 'cloud', target: 'azure:replicas', connectionString });
  return site;
};

describe('an upload under a bandwidth limit', () => {
  it('keeps within 5 % of it over any 10 seconds, says that it waits for it, and is freed of it while it runs', async () => {
    const site = await prepare();
    // Enough for one disk to last: between two there is a moment that no limit causes.
    await site.write('system.vhdx', 32 * mebibyte, 0x77, 16 * mebibyte);
    await site.console.request('settings.change', {
      bandwidth: { workHoursBps: limitBps, hours: { ...always, days: [...always.days] } },
    });
    // On a busy machine bytes arrive late by as much as this process is held up.
    const heldUp = monitorEventLoopDelay({ resolution: 10 });
    heldUp.enable();
    const departures: Departure[] = [];
    let begunMs: number | null = null;
    const watched = Promise.withResolvers<number>();
    proxy.fate = ({ method, path, headers }) => {
      if (method === 'PUT' && path.includes('comp=page') && headers['x-ms-page-write'] === 'update') {
        const atMs = performance.now();
        const bytes = Number(headers['content-length']);
        departures.push({ atMs, bytes });
        begunMs ??= bytes > 4096 ? atMs : null;
        if (begunMs !== null && atMs - begunMs >= 11_500) watched.resolve(begunMs);
      }
      return 'pass';
    };
    const held = site.nextStatus(({ disks }) => disks.some(({ progress }) => progress?.blockedOn != null));
    const { job } = await site.console.request('protect', { vm: 'SRV1', vault: 'cloud' });
    const done = site.finish(job!.id);
    const { disks } = await held;
    const said = disks.map(({ progress }) => progress?.blockedOn).find((text) => text != null);
    expect(said).toBe('the bandwidth limit (1.25 MB/s)');
    const fromMs = (await watched.promise) + 500;
    const { least, most } = extremesOverWindows(departures, 10_000, fromMs, fromMs + 11_000);
    const tolerance = 0.5 + (heldUp.max / 1e9 - 0.01);
    expect(most).toBeLessThanOrEqual((limitBps / 8) * (10 + tolerance));
    expect(least).toBeGreaterThanOrEqual((limitBps / 8) * (10 - tolerance));
    const liftedMs = performance.now();
    await site.console.request('settings.change', { bandwidth: { workHoursBps: null } });
    await done;
    expect(performance.now() - liftedMs).toBeLessThan(5_000);
    expect(await site.verify()).toMatchObject({ identical: true });
  });

  it('has no more requests in flight than the setting says', async () => {
    const site = await prepare();
    const mostInFlight = async (threads: number): Promise<number> => {
      await site.console.request('settings.change', { upload: { threads } });
      let inFlight = 0;
      let most = 0;
      const isData = ({ path, headers }: SeenRequest) =>
        path.includes('comp=page') && path.includes('.vhd') && headers['x-ms-page-write'] === 'update';
      proxy.fate = (request) => {
        if (isData(request)) {
          inFlight += 1;
          most = Math.max(most, inFlight);
        }
        return 'pass';
      };
      proxy.answered = (request) => {
        if (isData(request)) inFlight -= 1;
      };
      const { job } = await site.console.request('protect', { vm: 'SRV1', vault: 'cloud' });
      await site.finish(job!.id);
      const removal = await site.console.request('unprotect', { vm: 'SRV1', deleteReplica: true });
      await site.finish(removal.id);
      return most;
    };
    expect(await mostInFlight(1)).toBe(1);
    expect(await mostInFlight(8)).toBeGreaterThan(2);
  });
});
