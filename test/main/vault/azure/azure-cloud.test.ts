import { describe, expect, it } from 'vitest';
import { ReplicationError } from '../../../../src/contract/errors.ts';
import {
  accountOfEndpoint,
  authorityOf,
  endpointOfAccount,
  isKnownAuthority,
} from '../../../../src/main/vault/azure/azure-cloud.ts';

const publicAuthority = 'https://login.microsoftonline.com';
const chinese = 'https://login.chinacloudapi.cn';
const american = 'https://login.microsoftonline.us';

describe('the cloud of a storage account', () => {
  it.each([
    ['shop', 'https://shop.blob.core.windows.net', publicAuthority],
    ['shop.blob.core.windows.net', 'https://shop.blob.core.windows.net', publicAuthority],
    ['https://shop.blob.core.windows.net/', 'https://shop.blob.core.windows.net', publicAuthority],
    ['shop-secondary.blob.core.windows.net', 'https://shop-secondary.blob.core.windows.net', publicAuthority],
    [
      'shop.privatelink.blob.core.windows.net',
      'https://shop.privatelink.blob.core.windows.net',
      publicAuthority,
    ],
    ['shop.z14.blob.storage.azure.net', 'https://shop.z14.blob.storage.azure.net', publicAuthority],
    ['shop.blob.core.chinacloudapi.cn', 'https://shop.blob.core.chinacloudapi.cn', chinese],
    ['Shop.Blob.Core.ChinaCloudApi.cn', 'https://shop.blob.core.chinacloudapi.cn', chinese],
    ['shop.blob.core.usgovcloudapi.net', 'https://shop.blob.core.usgovcloudapi.net', american],
    ['https://shop.blob.core.usgovcloudapi.net', 'https://shop.blob.core.usgovcloudapi.net', american],
    ['blobs.example.net', 'https://blobs.example.net', publicAuthority],
    ['core.usgovcloudapi.net.example', 'https://core.usgovcloudapi.net.example', publicAuthority],
    ['shopcore.usgovcloudapi.net', 'https://shopcore.usgovcloudapi.net', publicAuthority],
  ])('of %s is %s, signed in to by %s', (account, endpoint, authority) => {
    expect(endpointOfAccount(account)).toBe(endpoint);
    expect(authorityOf(endpoint)).toBe(authority);
    expect(isKnownAuthority(`${authority}/`)).toBe(true);
  });

  it.each([
    ['https://shop.blob.core.usgovcloudapi.net', 'shop'],
    ['https://shop.z14.blob.storage.azure.net', 'shop'],
    ['http://127.0.0.1:10000/devstoreaccount1', 'devstoreaccount1'],
  ])('names in %s the account %s', (endpoint, account) => {
    expect(accountOfEndpoint(endpoint)).toBe(account);
  });

  it.each(['Shop', 'a', 'a shop', 'http://shop.blob.core.windows.net', 'shop..net/', '-'])(
    'is not told by %j',
    (account) => {
      let thrown: unknown;
      try {
        endpointOfAccount(account);
      } catch (error) {
        thrown = error;
      }
      if (!(thrown instanceof ReplicationError)) throw new Error('not refused');
      expect(thrown.code).toBe('INPUT_INVALID');
    },
  );

  it('may have an authority of its own, of which Microsoft’s library knows nothing', () => {
    expect(isKnownAuthority('https://login.example.net')).toBe(false);
  });
});
