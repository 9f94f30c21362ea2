import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createRequire } from 'node:module';
import { createServer } from 'node:net';
import { dirname, join } from 'node:path';
import {
  AccountSASPermissions,
  generateAccountSASQueryParameters,
  StorageSharedKeyCredential,
} from '@azure/storage-blob';
import { type AzureAccess, parseConnectionString } from '../../src/main/vault/azure/azure-access.ts';
import { localCertificateFile, localKeyFile } from './local-certificate.ts';

const main = join(
  dirname(createRequire(import.meta.url).resolve('azurite/package.json')),
  'dist/src/blob/main.js',
);
const account = 'devstoreaccount1';
/** The emulator's key is the same everywhere and public. */
const key = 'Eby8vdM02xNOcqFlqUwJPLlmEtlCDXJ1OUzFT50uSRZ6IFsuFq2UVErCz4I6tq/K1SZFPTOtr/KBHBeksoGMGw==';

/** The real emulator as a child process, on a loopback port of its own, with its files in `folder`. */
export class Azurite {
  readonly port: number;
  readonly #folder: string;
  readonly #options: readonly string[];
  #child: ChildProcess | null = null;

  private constructor(folder: string, port: number, options: readonly string[]) {
    this.#options = options;
    this.#folder = folder;
    this.port = port;
  }

  /** @param options more of them for the emulator's command line */
  static async start(folder: string, options: readonly string[] = []): Promise<Azurite> {
    const azurite = new Azurite(folder, await freePort(), options);
    await azurite.restart();
    return azurite;
  }

  /** Over https, with the local certificate and with tokens of Entra ID, whose signatures it does not look at. */
  static startTls(folder: string): Promise<Azurite> {
    const tls = ['--cert', localCertificateFile, '--key', localKeyFile];
    return Azurite.start(folder, ['--oauth', 'basic', ...tls]);
  }

  get endpoint(): string {
    const origin = this.#options.includes('--cert') ? 'https://localhost' : 'http://127.0.0.1';
    return `${origin}:${this.port}/${account}`;
  }

  get connectionString(): string {
    return `AccountName=${account};AccountKey=${key};BlobEndpoint=${this.endpoint};`;
  }

  /** A shared access signature of the account, with these rights (`rwdl…`), for an hour unless said otherwise. */
  accountSas(permissions: string, expiresOn = new Date(Date.now() + 3_600_000)): string {
    const values = {
      permissions: AccountSASPermissions.parse(permissions),
      services: 'b',
      resourceTypes: 'sco',
      expiresOn,
    };
    return generateAccountSASQueryParameters(values, new StorageSharedKeyCredential(account, key)).toString();
  }

  get access(): AzureAccess {
    return parseConnectionString(this.connectionString);
  }

  /** Starts it again on the same port and files. */
  async restart(): Promise<void> {
    const options = ['--location', this.#folder, '--blobHost', '127.0.0.1', '--blobPort', String(this.port)];
    const child = spawn(
      process.execPath,
      [main, ...options, ...this.#options, '--skipApiVersionCheck', '--disableTelemetry', '--silent'],
      { stdio: ['ignore', 'pipe', 'pipe'] },
    );
    this.#child = child;
    let output = '';
    await new Promise<void>((resolve, reject) => {
      const read = (chunk: Buffer) => {
        output += chunk.toString();
        if (/successfully listen/i.test(output)) resolve();
      };
      child.stdout?.on('data', read);
      child.stderr?.on('data', read);
      child.once('exit', (code) => reject(new Error(`Azurite ended with ${code}: ${output}`)));
    });
  }

  /** Orderly: what it acknowledged is kept. */
  stop(): Promise<void> {
    return this.#end('SIGTERM');
  }

  /** Like a power cut: what it acknowledged lately is lost. */
  kill(): Promise<void> {
    return this.#end('SIGKILL');
  }

  async #end(signal: NodeJS.Signals): Promise<void> {
    const child = this.#child;
    this.#child = null;
    if (child === null || child.exitCode !== null || child.signalCode !== null) return;
    const exited = once(child, 'exit');
    child.kill(signal);
    await exited;
  }
}

const freePort = async (): Promise<number> => {
  const server = createServer();
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  server.close();
  await once(server, 'close');
  if (address === null || typeof address === 'string') throw new Error('no port');
  return address.port;
};
