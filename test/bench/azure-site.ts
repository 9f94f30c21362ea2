import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { StorageSharedKeyCredential } from '@azure/storage-blob';
import { projectRoot } from '../../scripts/product.ts';
import { parseConnectionString } from '../../src/main/vault/azure/azure-access.ts';
import { Azurite } from '../support/azurite.ts';
import type { BenchSite, BenchVault } from './bench-site.ts';
import { run, runWith } from './measure.ts';

const emulator = parseConnectionString('UseDevelopmentStorage=true').credential;
if (emulator.kind !== 'accountKey') throw new Error('The emulator has an account key');
/** The emulator's key is the same everywhere and public. */
export const developmentCredential = new StorageSharedKeyCredential(emulator.account, emulator.key);

/** What went through the page server since it was last asked. */
export interface PageCounts {
  readonly requests: number;
  readonly bytes: number;
  readonly clears: number;
}

/** A fresh emulator with its files on disk, behind the page server where `mode` says so. */
export class AzureSite {
  readonly vault: BenchVault;
  readonly endpoint: string;
  readonly environment: Readonly<Record<string, string>>;
  private readonly azurite: Azurite;
  private readonly server: ChildProcess | null;
  private readonly folder: string;

  private constructor(
    folder: string,
    azurite: Azurite,
    server: { readonly child: ChildProcess; readonly port: string; readonly certificate: string } | null,
  ) {
    this.folder = folder;
    this.azurite = azurite;
    this.server = server?.child ?? null;
    const { endpoint } = azurite.access;
    this.endpoint =
      server === null ? endpoint : endpoint.replace(/^http:\/\/[^/]+/, `https://127.0.0.1:${server.port}`);
    this.environment = {
      AZURE_STORAGE_CONNECTION_STRING: azurite.connectionString.replace(endpoint, this.endpoint),
      ...(server === null ? {} : { NODE_EXTRA_CA_CERTS: server.certificate }),
    };
    this.vault = { target: 'azure:bench', environment: this.environment };
  }

  static async start(site: BenchSite, mode: 'direct' | 'accept' | 'pass'): Promise<AzureSite> {
    const folder = join(site.directory, 'azurite');
    mkdirSync(folder, { recursive: true });
    const azurite = await Azurite.start(folder);
    if (mode === 'direct') return new AzureSite(folder, azurite, null);
    const [key, certificate] = [join(site.directory, 'key.pem'), join(site.directory, 'certificate.pem')];
    const name = ['-subj', '/CN=127.0.0.1', '-addext', 'subjectAltName=IP:127.0.0.1'];
    run(
      'openssl',
      'req',
      '-x509',
      '-newkey',
      'rsa:2048',
      '-nodes',
      '-keyout',
      key,
      '-out',
      certificate,
      ...name,
    );
    const script = join(projectRoot, 'test/bench/page-server.ts');
    const child = spawn(process.execPath, [script, key, certificate, String(azurite.port), mode], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    const [port] = (await once(createInterface({ input: child.stdout }), 'line')) as [string];
    return new AzureSite(folder, azurite, { child, port, certificate });
  }

  /** Counters of the page server; asked through a child, which trusts its certificate. */
  counts(): PageCounts {
    const url = new URL('/counts', this.endpoint).href;
    const script = `process.stdout.write(await (await fetch(${JSON.stringify(url)})).text())`;
    return JSON.parse(this.runNode(['--input-type=module', '--eval', script])) as PageCounts;
  }

  /** The bare loop, see bare-upload.ts. */
  bareUpload(client: 'sdk' | 'node', inFlight: number, diskPath: string): { seconds: number; cpu: number } {
    const script = join(projectRoot, 'test/bench/bare-upload.ts');
    return JSON.parse(this.runNode([script, client, this.endpoint, String(inFlight), diskPath])) as {
      seconds: number;
      cpu: number;
    };
  }

  async stop(): Promise<void> {
    if (this.server !== null) {
      const exited = once(this.server, 'exit');
      this.server.kill('SIGTERM');
      await exited;
    }
    await this.azurite.kill();
    rmSync(this.folder, { recursive: true, force: true });
  }

  private runNode(args: readonly string[]): string {
    return runWith(this.environment, process.execPath, ...args);
  }
}
