import { describe, expect, it } from 'vitest';
import { ReplicationError } from '../../../../src/contract/errors.ts';
import { proxyOf } from '../../../../src/main/vault/azure/proxy-way.ts';

const service = 'https://shop.blob.core.windows.net/replicas';
const proxy = 'http://proxy.example:3128';
type Environment = Readonly<Record<string, string>>;
const way = (url: string, env: Environment): string | null => proxyOf(url, env)?.origin ?? null;

describe('the way of a request', () => {
  it.each<[string, string, Environment, string | null]>([
    ['straight without a proxy', service, {}, null],
    ['through HTTPS_PROXY', service, { HTTPS_PROXY: proxy }, proxy],
    ['through https_proxy', service, { https_proxy: proxy }, proxy],
    [
      'through https_proxy before HTTPS_PROXY',
      service,
      { https_proxy: proxy, HTTPS_PROXY: 'http://b' },
      proxy,
    ],
    ['through ALL_PROXY where there is no other', service, { ALL_PROXY: proxy, HTTPS_PROXY: '' }, proxy],
    ['through a proxy without a scheme', service, { HTTPS_PROXY: 'proxy.example:3128' }, proxy],
    ['through a proxy over TLS', service, { HTTPS_PROXY: 'https://proxy.example' }, 'https://proxy.example'],
    ['straight by HTTP_PROXY, which is for http', service, { HTTP_PROXY: proxy }, null],
    ['straight over http', 'http://127.0.0.1:10000/a', { HTTPS_PROXY: proxy, HTTP_PROXY: proxy }, null],
  ])('is %s', (_way, url, env, expected) => {
    expect(way(url, env)).toBe(expected);
  });

  it.each([
    ['*', true],
    ['shop.blob.core.windows.net', true],
    ['SHOP.blob.core.windows.net:443', true],
    ['shop.blob.core.windows.net:8443', false],
    ['.core.windows.net', true],
    ['*.windows.net', true],
    ['windows.net', true],
    ['localhost, windows.net', true],
    ['localhost windows.net', true],
    ['indows.net', false],
    ['blob.core.windows.net.example', false],
    ['localhost', false],
    ['', false],
  ])('is straight where NO_PROXY is %j: %s', (NO_PROXY, straight) => {
    expect(way(service, { HTTPS_PROXY: proxy, NO_PROXY })).toBe(straight ? null : proxy);
    expect(way(service, { HTTPS_PROXY: proxy, no_proxy: NO_PROXY })).toBe(straight ? null : proxy);
  });

  it.each(['socks5://proxy.example:1080', 'http://', 'http://name:100%secret@proxy.example', 'a b secret'])(
    'is refused to be taken when HTTPS_PROXY is %j, without quoting it',
    (HTTPS_PROXY) => {
      let thrown: unknown;
      try {
        proxyOf(service, { HTTPS_PROXY });
      } catch (error) {
        thrown = error;
      }
      if (!(thrown instanceof ReplicationError)) throw new Error('not refused');
      expect(thrown).toMatchObject({ code: 'PROXY_FAILED', message: expect.stringContaining('HTTPS_PROXY') });
      expect(JSON.stringify(thrown.toReport())).not.toContain('secret');
    },
  );
});
