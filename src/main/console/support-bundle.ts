import { existsSync, readFileSync, statSync } from 'node:fs';
import { arch, freemem, release, totalmem, type } from 'node:os';
import { join } from 'node:path';
import { ZipFile } from 'yazl';
import packageJson from '../../../package.json' with { type: 'json' };
import { ReplicationError } from '../../contract/errors.ts';
import { eventCsv } from '../../contract/event-csv.ts';
import type { VmStatus } from '../../contract/reports.ts';
import type { RequestName, RequestParams, RequestResult } from '../../contract/requests.ts';
import type { SupportBundleReport } from '../../contract/support-bundle.ts';
import { describeDisk } from '../disk/describe-disk.ts';
import { createDirectory } from '../platform/create-directory.ts';
import { dataPaths } from '../platform/data-directory.ts';
import { withoutSecrets } from '../platform/log.ts';
import { NewFile } from '../platform/new-file.ts';
import type { ConsoleContext } from './console-context.ts';

const logsKept = 4;
const newest = 1000;

/** Whose bundle it is, and how it is asked. */
export interface BundleSource {
  readonly dataDirectory: string;
  readonly signal: AbortSignal;
  /** What is told of a disk's log. */
  describeLog(path: string): unknown;
  request<N extends RequestName>(name: N, params: RequestParams<N>): Promise<RequestResult<N>>;
}

/**
 * Collects what tells of a fault into a new zip file: log, settings, versions, status, events, jobs, and what the headers
 * of disks and logs say. Never a disk's data, never a secret: addresses that may hold a key are blanked wherever they
 * stand, and every text is searched for what looks like a secret. What cannot be had is told in the bundle and does not keep the rest from it.
 * @throws ReplicationError `DISK_TARGET_EXISTS`, `DISK_WRITE_FAILED`, `CANCELLED`
 */
export const writeSupportBundle = async (
  source: BundleSource,
  path: string,
  onProgress: (entry: string, done: number, total: number) => void,
): Promise<SupportBundleReport> => {
  const file = new NewFile(path);
  try {
    const parts = partsOf(source);
    const zip = new ZipFile();
    const entries: string[] = [];
    const written = writeStream(zip, file);
    const blanked = await blanksOf(source);
    for (const [index, { name, collect }] of parts.entries()) {
      if (source.signal.aborted)
        throw new ReplicationError('CANCELLED', 'The support bundle was not finished; no file was left.');
      onProgress(name, index, parts.length);
      for (const [entry, text] of await collected(name, collect)) {
        zip.addBuffer(Buffer.from(withoutSecrets(blanked(text))), entry);
        entries.push(entry);
      }
    }
    zip.end();
    const bytes = await written;
    file.finish();
    onProgress('done', parts.length, parts.length);
    return { file: path, bytes, entries };
  } catch (error) {
    file.discard();
    throw error;
  }
};

/**
 * Takes the addresses out of a text that whoever has them can call: of the webhook and of the health ping. Many services
 * put a key into them, some into the name of the host.
 */
const blanksOf = async (source: BundleSource): Promise<(text: string) => string> => {
  const { alerts, healthPing } = await source.request('settings.show', {}).catch(() => unknownSettings);
  const addresses = [alerts.webhook.url, healthPing.url].flatMap(formsOf);
  return (text) => addresses.reduce((clean, address) => clean.replaceAll(address, '***'), text);
};

/** What cannot be asked for is in no part of the bundle either, except in the log. */
const unknownSettings = { alerts: { webhook: { url: '' } }, healthPing: { url: '' } };

/** As it was typed, and what requests and messages make of it: the longest first. */
const formsOf = (address: string): string[] => {
  if (!URL.canParse(address)) return [];
  const { href, host, hostname, pathname, search } = new URL(address);
  // The name of a service, not that of this machine or of one beside it, which may be any word.
  const names = /[a-z].*\./.test(hostname) ? [host, hostname] : [];
  return [...new Set([address, href, `${host}${pathname}${search}`, ...names])];
};

type Entries = readonly (readonly [name: string, text: string])[];

interface Part {
  readonly name: string;
  readonly collect: () => Promise<Entries>;
}

/** The engine first: without it the versions and the log still are of use. */
const partsOf = (source: BundleSource): Part[] => {
  const asked = <T>(name: string, ask: () => Promise<T>, print: (answer: T) => string = json): Part => ({
    name,
    collect: async () => [[name, print(await ask())]],
  });
  return [
    asked('versions.json', async () => versions()),
    asked('engine.json', () => source.request('engine.info', {})),
    asked('settings.json', () => source.request('settings.show', {})),
    asked('status.json', () => source.request('status', {})),
    asked('vaults.json', () => source.request('vault.list', {})),
    asked('jobs.json', () => source.request('jobs', { limit: newest })),
    asked('events.csv', () => source.request('events', { limit: newest }), eventCsv),
    {
      name: 'disks',
      collect: async () => (await source.request('status', {})).vms.flatMap((vm) => headersOf(source, vm)),
    },
    { name: 'logs', collect: async () => logsOf(source.dataDirectory) },
  ];
};

const collected = async (name: string, collect: Part['collect']): Promise<Entries> => {
  try {
    return await collect();
  } catch (thrown) {
    return [[`${name}.error.json`, json(ReplicationError.from(thrown).toReport())]];
  }
};

const versions = () => ({
  product: packageJson.version,
  node: process.versions.node,
  sqliteAndMore: process.versions,
  system: `${type()} ${release()} ${arch()}`,
  memoryBytes: totalmem(),
  freeMemoryBytes: freemem(),
});

/** What the headers of a VM's disks and of the logs beside them say. */
const headersOf = (source: BundleSource, { name, disks }: VmStatus): Entries =>
  disks.map((disk) => {
    const described = attempt(() => describeDisk(disk.path));
    const logPath = disk.hrl.path;
    const log = logPath === null || !existsSync(logPath) ? null : attempt(() => source.describeLog(logPath));
    return [`disks/${fileNameOf(name)}/${fileNameOf(disk.name)}.json`, json({ disk: described, log })];
  });

const attempt = (look: () => unknown): unknown => {
  try {
    return look();
  } catch (thrown) {
    return { error: ReplicationError.from(thrown).toReport() };
  }
};

const logsOf = (dataDirectory: string): Entries => {
  const { log } = dataPaths(dataDirectory);
  const files = [log, ...Array.from({ length: logsKept }, (_, index) => `${log}.${index + 1}`)];
  return files
    .filter((file) => existsSync(file))
    .map((file, age) => [`logs/hvrc.log${age === 0 ? '' : `.${age}`}`, readFileSync(file, 'utf8')]);
};

const writeStream = async (zip: ZipFile, file: NewFile): Promise<number> => {
  let bytes = 0;
  for await (const chunk of zip.outputStream) {
    const part = Buffer.from(chunk as Uint8Array);
    file.write(part);
    bytes += part.length;
  }
  return bytes;
};

const json = (value: unknown): string => `${JSON.stringify(value, null, 2)}\n`;

/** Names of VMs may hold what file names of a zip may not. */
const fileNameOf = (name: string): string => name.replaceAll(/[^\p{L}\p{N} ._-]/gu, '_').replace(/^\.+/, '_');

/** A bundle among the engine's own files; its logs are told of by their size, for reading them would hold the engine up. */
export const keepSupportBundle = async (
  { dataDirectory, clock }: ConsoleContext,
  request: BundleSource['request'],
): Promise<SupportBundleReport> => {
  const directory = join(dataDirectory, 'support');
  createDirectory(directory);
  const time = new Date(clock.now()).toISOString().replaceAll(/[:.]/g, '-');
  const source: BundleSource = {
    dataDirectory,
    signal: new AbortController().signal,
    describeLog: (path) => ({ bytes: statSync(path).size }),
    request,
  };
  return writeSupportBundle(source, join(directory, `hvrc-support-${time}.zip`), () => undefined);
};
