import { spawnSync } from 'node:child_process';
import { globSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { engineSite } from '../../support/engine-site.ts';
import { unzip } from '../../support/unzip.ts';

const site = engineSite();
const key = Buffer.from('a planted key that nobody may ever find again').toString('base64');
const signature = 'plantedSignature%2Bnobody%2Fmay%2Ffind%3D';
const password = 'planted-Passw0rd';
const webhook = 'https://plantedwebhook.hooks.example.org/services/planted-webhook-key?token=planted-token';
const ping = 'https://ping.example.org/planted-ping-key';
const proxies = [
  'HTTPS_PROXY=http://planted-user:planted-proxy-password@proxy.example.org:3128',
  'https_proxy=planted-user:planted-proxy-password@proxy.example.org:3128',
  'through http://planted-proxy-token@proxy.example.org:3128',
];
/** What settings hold: in the bundle they are blanked. */
const addresses = [
  'plantedwebhook',
  'planted-webhook-key',
  'planted-token',
  'planted-ping-key',
  'planted-proxy',
];
const planted = [key, signature, password];

/** Nothing listens there. */
const connectionString = `DefaultEndpointsProtocol=http;AccountName=acc;AccountKey=${key};BlobEndpoint=http://127.0.0.1:1/acc;`;

describe('secrets', () => {
  it('that were given to the engine are in none of its files but the one that keeps them, and in no report', async () => {
    const cli = join(import.meta.dirname, '../../../src/main/cli.ts');
    await site().protect();
    const { console: engine } = site();
    const failures: string[] = [];
    for (const target of [
      connectionString,
      `${connectionString}SharedAccessSignature=sv=2024&sig=${signature}`,
    ]) {
      await engine
        .request('vault.add', { name: 'cloud', target: 'azure:replicas', connectionString: target })
        .catch((error: Error) => failures.push(JSON.stringify(error), error.message));
    }
    await engine.request('settings.change', {
      alerts: { webhook: { enabled: false, url: webhook } },
      healthPing: { url: ping },
    });
    await engine.request('events', { text: `Password=${password}` });
    expect(failures.length).toBeGreaterThan(0);
    const reports = [
      await engine.request('status', {}),
      await engine.request('events', { limit: 1000 }),
      await engine.request('jobs', {}),
      await engine.request('vault.list', {}),
      await engine.request('settings.show', {}),
      await engine.request('vm.statistics', { vm: 'SRV1' }),
      await engine.request('vm.series', { vm: 'SRV1', range: '1h' }),
    ];
    await engine.stop();
    // What a careless message would carry: the log and the bundle take it out.
    const log = join(site().data(), 'logs', 'hvrc.log');
    const logged = readFileSync(log, 'utf8');
    writeFileSync(
      log,
      `{"msg":"https://acc.blob.core.windows.net/c?sv=1&sig=${signature}"}\n{"msg":"AccountKey=${key};Password=${password};"}\n${[
        ...proxies,
        `could not call ${webhook}`,
        'plantedwebhook.hooks.example.org does not answer',
        `got no answer from ${new URL(ping).href}/fail`,
      ]
        .map((msg) => `${JSON.stringify({ msg })}\n`)
        .join('')}`,
      { flag: 'a' },
    );
    const bundle = join(site().directory, 'bundle.zip');
    const run = () =>
      spawnSync(process.execPath, [cli, '--data', site().data(), '--json', 'support-bundle', bundle], {
        encoding: 'utf8',
      });
    const made = run();
    expect(made.stderr).toBe('');
    const { entries } = JSON.parse(made.stdout) as { entries: string[] };
    expect(entries).toEqual(
      expect.arrayContaining([
        'versions.json',
        'settings.json',
        'status.json',
        'events.csv',
        'jobs.json',
        'logs/hvrc.log',
        'disks/SRV1/system.vhdx.json',
      ]),
    );
    const unpacked = await unzip(bundle);
    expect(Object.keys(unpacked).toSorted()).toEqual(entries.toSorted());
    const bundled = Object.values(unpacked);
    for (const address of addresses)
      expect(bundled.filter((text) => text.includes(address)).map((text) => text.slice(-2000))).toEqual([]);
    expect(unpacked['logs/hvrc.log']).toContain('@proxy.example.org:3128');
    expect(JSON.parse(unpacked['settings.json']!)).toMatchObject({
      alerts: { webhook: { url: '***' } },
      healthPing: { url: '***' },
    });
    expect(unpacked['disks/SRV1/system.vhdx.json']).toContain('"sizeBytes": 67108864');
    const again = run();
    expect(again.status).toBe(1);
    expect(again.stderr).toContain('DISK_TARGET_EXISTS');

    const files = globSync('**/*', { cwd: site().data(), withFileTypes: true })
      .filter((entry) => entry.isFile() && entry.name !== 'secrets.json' && entry.name !== 'hvrc.log')
      .map((entry) => readFileSync(join(entry.parentPath, entry.name)).toString('latin1'));
    const texts = [logged, ...files, ...bundled, JSON.stringify(reports), ...failures];
    for (const secret of planted) expect(texts.filter((text) => text.includes(secret))).toEqual([]);
  });
});
