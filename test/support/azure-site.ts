import { randomUUID } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openContainer } from '../../src/main/vault/azure/azure-client.ts';
import { Azurite } from './azurite.ts';
import { EngineSite, mebibyte } from './engine-site.ts';
import { FaultProxy, type SeenRequest } from './fault-proxy.ts';
import { oracleMissing, qemuIdentical } from './oracles.ts';

const formats = { 'system.vhdx': 'vhdx', 'data.vhd': 'vpc' } as const;

/** An engine whose vault `cloud` is a storage account on the emulator, behind a proxy that lets requests fail. */
export class AzureSite {
  readonly site = new EngineSite();
  readonly container = `replicas-${randomUUID()}`;
  readonly azurite: Azurite;
  readonly proxy: FaultProxy;
  readonly #files: string;
  #written = 0;

  private constructor(files: string, azurite: Azurite, proxy: FaultProxy) {
    this.#files = files;
    this.azurite = azurite;
    this.proxy = proxy;
  }

  /** An engine that knows host and vault. */
  static async open(): Promise<AzureSite> {
    const files = mkdtempSync(join(tmpdir(), 'hvrc-account-'));
    const azurite = await Azurite.start(files);
    const at = new AzureSite(files, azurite, await FaultProxy.start(azurite));
    const { site, container, proxy } = at;
    await site.makeVm();
    await site.open();
    await site.console.request('settings.change', { resyncWindow: { enabled: false } });
    await site.console.request('host.use', { path: site.host });
    const { connectionString } = proxy;
    await site.console.request('vault.add', {
      name: 'cloud',
      target: `azure:${container}`,
      connectionString,
    });
    return at;
  }

  async close(): Promise<void> {
    await this.site.close();
    await this.proxy.stop();
    await this.azurite.kill();
    rmSync(this.#files, { recursive: true, force: true });
  }

  /** Asks for the first copy; its job. */
  async protect(retentionPoints = 24): Promise<number> {
    const { job } = await this.site.console.request('protect', {
      vm: 'SRV1',
      vault: 'cloud',
      retentionPoints,
    });
    return job!.id;
  }

  async unprotect(): Promise<void> {
    const { id } = await this.site.console.request('unprotect', { vm: 'SRV1', deleteReplica: true });
    await this.site.finish(id);
  }

  /** A guest writes in some places, so that they leave as as many requests: what is not there yet. */
  async write(places = 5): Promise<void> {
    this.#written += 1;
    for (let index = 0; index < places; index += 1)
      await this.site.write('system.vhdx', (30 + 2 * index) * mebibyte, (this.#written % 250) + 1);
  }

  /** The blob of a disk as any client gets it: a file. */
  async download(name: string): Promise<string> {
    const url = await this.site.replica(name);
    const blob = new URL(url).pathname.split('/').slice(3).join('/');
    const path = join(this.site.directory, `downloaded-${name}`);
    rmSync(path, { force: true });
    await openContainer(this.azurite.access, this.container).getBlobClient(blob).downloadToFile(path);
    return path;
  }

  /** Whether what the account holds is what the disks hold: as the product says, and as qemu sees what is downloaded. */
  async isIdentical(): Promise<boolean> {
    if (!(await this.site.verify()).identical) return false;
    if (oracleMissing('qemu-img')) return true;
    for (const [name, format] of Object.entries(formats))
      if (!qemuIdentical(await this.download(name), 'vpc', this.site.disk(name), format)) return false;
    return true;
  }
}

/** Whether it writes or clears pages of a disk's content. */
export const isPageWrite = ({ method, path }: SeenRequest): boolean =>
  method === 'PUT' && path.includes('comp=page') && path.includes('.vhd');

const pageBytes = 4096;

/** How many bytes of a replica's content `requests` wrote that one of them had written before. */
export const bytesSentTwice = (requests: readonly SeenRequest[]): number => {
  const sent = new Set<string>();
  let twice = 0;
  for (const { path, headers } of requests.filter(isPageWrite)) {
    if (headers['x-ms-page-write'] !== 'update') continue;
    const [, first = 0, last = 0] = /(\d+)-(\d+)/.exec(String(headers['x-ms-range']))?.map(Number) ?? [];
    for (let at = first; at <= last; at += pageBytes) {
      const page = `${path} ${Math.floor(at / pageBytes)}`;
      if (sent.has(page)) twice += Math.min(pageBytes, last + 1 - at);
      else sent.add(page);
    }
  }
  return twice;
};
