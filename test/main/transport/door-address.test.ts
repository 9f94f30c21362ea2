import { execFileSync, spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { request } from 'node:https';
import { beforeAll, describe, expect, it } from 'vitest';
import { doorAddress, type TlsIdentity } from '../../../src/main/transport/door-address.ts';
import { BrowserDoor } from '../../../src/main/transport/websocket.ts';
import { RecordingConsole } from '../../support/recording-console.ts';
import { temporaryFolder } from '../../support/temporary-folder.ts';

const folder = temporaryFolder();
let identity: TlsIdentity;
let other: TlsIdentity;

const makeIdentity = (name: string): TlsIdentity => {
  const [key, certificate] = [folder(`${name}.key`), folder(`${name}.crt`)];
  const names = 'subjectAltName=DNS:hvrc.example,DNS:*.lab.example,IP:192.0.2.7';
  execFileSync(
    'openssl',
    ['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-days', '2'].concat([
      '-subj',
      '/CN=hvrc',
      '-addext',
      names,
      '-keyout',
      key,
      '-out',
      certificate,
    ]),
    { stdio: 'ignore' },
  );
  return { certificate: readFileSync(certificate, 'utf8'), key: readFileSync(key, 'utf8') };
};

/** Makes the certificates; Windows has none of its own accord. */
const hasOpenssl = spawnSync('openssl', ['version']).status === 0;

beforeAll(() => {
  if (!hasOpenssl) return;
  identity = makeIdentity('agent');
  other = makeIdentity('other');
});

describe('where an agent listens', () => {
  it.each(['0.0.0.0', '::', '192.0.2.7', 'hvrc.example'])('is not %s without TLS', (bind) => {
    expect(() => doorAddress(bind)).toThrow(expect.objectContaining({ code: 'INPUT_INVALID' }));
  });

  it.each([
    ['127.0.0.1', '127.0.0.1'],
    ['127.0.0.2', '127.0.0.2'],
    ['localhost', 'localhost'],
    ['::1', '[::1]'],
  ])('may be %s, with links to %s', (bind, linkHost) => {
    expect(doorAddress(bind)).toMatchObject({ scheme: 'http', linkHost });
  });

  it.skipIf(!hasOpenssl)('may be anywhere with TLS, with links to a name of the certificate', () => {
    expect(doorAddress('0.0.0.0', identity)).toMatchObject({ scheme: 'https', linkHost: 'hvrc.example' });
    expect(doorAddress('192.0.2.7', identity).linkHost).toBe('192.0.2.7');
  });

  it.skipIf(!hasOpenssl)('is refused with a certificate for other names, another key, or none at all', () => {
    const wrong: readonly (readonly [string, TlsIdentity, RegExp])[] = [
      ['198.51.100.1', identity, /not for 198\.51\.100\.1/],
      ['0.0.0.0', { ...identity, key: other.key }, /not the key of the certificate/],
      ['0.0.0.0', { certificate: 'x', key: 'y' }, /PEM/],
    ];
    for (const [bind, tls, message] of wrong) expect(() => doorAddress(bind, tls)).toThrow(message);
  });
});

describe('the host names an agent answers to', () => {
  it.each([
    ['127.0.0.1:8443', true],
    ['localhost:8443', true],
    ['127.0.0.1', false],
    ['127.0.0.1:8444', false],
    ['hvrc.example:8443', false],
    [undefined, false],
  ])('on the loopback address: %s', (header, ours) => {
    expect(doorAddress().isOurs(header, 8443)).toBe(ours);
  });

  it.skipIf(!hasOpenssl).each([
    ['hvrc.example:8443', true],
    ['a.lab.example:8443', true],
    ['192.0.2.7:8443', true],
    ['localhost:8443', true],
    ['evil.example:8443', false],
    ['hvrc.example.evil.example:8443', false],
    ['192.0.2.8:8443', false],
    ['hvrc.example', false],
    [undefined, false],
  ])('with TLS are those of its certificate: %s', (header, ours) => {
    expect(doorAddress('0.0.0.0', identity).isOurs(header, 8443)).toBe(ours);
  });

  it.skipIf(!hasOpenssl)('need no port where the scheme says it', () => {
    expect(doorAddress('0.0.0.0', identity).isOurs('hvrc.example', 443)).toBe(true);
  });
});

it.skipIf(!hasOpenssl)('an agent with TLS answers to the names of its certificate only', async () => {
  const door = new BrowserDoor({
    client: new RecordingConsole(),
    rendererDirectory: folder(),
    port: 0,
    address: doorAddress('0.0.0.0', identity),
  });
  await door.listen();
  const statusFor = (name: string) =>
    new Promise((resolve, reject) => {
      const options = {
        host: '127.0.0.1',
        port: door.port,
        ca: identity.certificate,
        servername: 'hvrc.example',
      };
      request({ ...options, headers: { host: `${name}:${door.port}` } }, (answer) =>
        resolve(answer.statusCode),
      )
        .on('error', reject)
        .end();
    });
  expect(door.newLink()).toMatch(/^https:\/\/hvrc\.example:\d+\/#token=/);
  expect(await statusFor('hvrc.example')).toBe(404);
  expect(await statusFor('evil.example')).toBe(421);
  await door.close();
});
