/** The headless door: the engine and its console for the browsers of this machine, in plain Node.js. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { ReplicationError } from '../contract/errors.ts';
import { openConsole } from './console/console.ts';
import { LastingEngine } from './doors/lasting-engine.ts';
import { openBrowser } from './doors/open-browser.ts';
import { dataDirectory } from './platform/data-directory.ts';
import { onStopSignal } from './platform/stop-signals.ts';
import { doorAddress, type TlsIdentity } from './transport/door-address.ts';
import { BrowserDoor } from './transport/websocket.ts';

const usage = `Usage: npm run agent -- [--data DIR] [--port N] [--no-open] [--host ADDRESS --tls-cert FILE --tls-key FILE]

  --data DIR       where the engine keeps its state (default: ${dataDirectory({ env: process.env })})
  --port N         port to listen on (default: any free one)
  --no-open        only print the link, do not open a browser
  --host ADDRESS   address to listen on (default: 127.0.0.1); any other than this machine's own needs TLS
  --tls-cert FILE  certificate with its chain, PEM; only names it is for are answered to
  --tls-key FILE   its private key, PEM
`;

const usageExitCode = 2;

const readPem = (path: string): string => {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    throw new TypeError(`${path} cannot be read: ${(error as Error).message}.`);
  }
};

const readIdentity = (certificate: string | undefined, key: string | undefined): TlsIdentity | null => {
  if (certificate === undefined && key === undefined) return null;
  if (certificate === undefined || key === undefined)
    throw new TypeError('--tls-cert and --tls-key belong together.');
  return { certificate: readPem(certificate), key: readPem(key) };
};

const readOptions = () => {
  try {
    const { values } = parseArgs({
      options: {
        data: { type: 'string' },
        port: { type: 'string', default: '0' },
        open: { type: 'boolean', default: true },
        host: { type: 'string' },
        'tls-cert': { type: 'string' },
        'tls-key': { type: 'string' },
        help: { type: 'boolean', short: 'h', default: false },
      },
      allowNegative: true,
    });
    const port = Number(values.port);
    if (!/^\d{1,5}$/.test(values.port) || port > 65_535) {
      throw new TypeError(`--port ${values.port} is not a port number (0–65535).`);
    }
    const address = doorAddress(values.host, readIdentity(values['tls-cert'], values['tls-key']));
    return { ...values, port, address, data: dataDirectory({ option: values.data, env: process.env }) };
  } catch (error) {
    if (!(error instanceof TypeError || error instanceof ReplicationError)) throw error;
    console.error(`${error.message}\n\n${usage}`);
    process.exit(usageExitCode);
  }
};

/** On a terminal, Enter prints another link: each opens the console once. */
const offerLinks = (door: BrowserDoor): void => {
  if (!process.stdin.isTTY) return;
  console.log('Press Enter for another link, Ctrl-C to stop.');
  process.stdin.on('data', () => console.log(door.newLink()));
  process.stdin.unref();
};

const run = async (): Promise<void> => {
  const options = readOptions();
  if (options.help) {
    console.log(usage);
    return;
  }
  const told = new Promise<void>((resolve) => onStopSignal(resolve));
  const engine = await LastingEngine.open({
    dataDirectory: options.data,
    workersDirectory: join(import.meta.dirname, 'workers'),
    openConsole,
  });
  const door = new BrowserDoor({
    client: engine,
    rendererDirectory: join(import.meta.dirname, '../renderer'),
    port: options.port,
    address: options.address,
  });
  try {
    await door.listen();
    engine.onReplaced(() => door.dropPages());
    const link = door.newLink();
    console.log(
      engine.isOurs
        ? `The engine runs with ${options.data}.`
        : `Connected to the engine that already runs with ${options.data}.`,
    );
    console.log(`Console (this link opens it once): ${link}`);
    if (options.open) openBrowser(link, join(options.data, 'open-console.html'));
    offerLinks(door);
    await Promise.race([told, engine.stopped]);
    console.log('Stopping …');
  } finally {
    await door.close();
    await engine.close();
  }
};

run().then(
  // Open handles of native modules must not keep a stopped agent alive.
  () => process.exit(0),
  (error: unknown) => {
    const { message, nextStep } = ReplicationError.from(error).toReport();
    console.error(`${message}\n${nextStep}`);
    process.exit(1);
  },
);
