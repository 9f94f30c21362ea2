import { describe, expect, it } from 'vitest';
import { ReplicationError } from '../../../../src/contract/errors.ts';
import { parseConnectionString } from '../../../../src/main/vault/azure/azure-access.ts';

const key = Buffer.alloc(64, 7).toString('base64');

const refusal = (text: string): ReplicationError => {
  try {
    parseConnectionString(text);
  } catch (error) {
    if (error instanceof ReplicationError) return error;
  }
  throw new Error('not refused');
};

describe('a connection string', () => {
  it('names the account of the public cloud', () => {
    const text = `DefaultEndpointsProtocol=https;AccountName=shop;AccountKey=${key};EndpointSuffix=core.windows.net`;
    expect(parseConnectionString(text)).toEqual({
      endpoint: 'https://shop.blob.core.windows.net',
      credential: { kind: 'accountKey', account: 'shop', key },
    });
  });

  it.each([
    ['a sovereign cloud', 'EndpointSuffix=core.chinacloudapi.cn', 'https://shop.blob.core.chinacloudapi.cn'],
    ['an endpoint of its own', 'BlobEndpoint=https://blobs.example.net/', 'https://blobs.example.net'],
    ['no endpoint at all', '', 'https://shop.blob.core.windows.net'],
  ])('may name %s', (_case, field, endpoint) => {
    expect(parseConnectionString(`AccountName=shop;AccountKey=${key};${field}`).endpoint).toBe(endpoint);
  });

  it('may hold a shared access signature', () => {
    const text =
      'BlobEndpoint=https://shop.blob.core.windows.net/;SharedAccessSignature=?sv=2024-01-01&sig=a%3D&se=2027';
    expect(parseConnectionString(text)).toEqual({
      endpoint: 'https://shop.blob.core.windows.net',
      credential: { kind: 'sas', token: 'sv=2024-01-01&sig=a%3D&se=2027' },
    });
  });

  it('may mean the emulator, which alone is reached without https', () => {
    expect(parseConnectionString('UseDevelopmentStorage=true').endpoint).toBe(
      'http://127.0.0.1:10000/devstoreaccount1',
    );
    const text = `DefaultEndpointsProtocol=http;AccountName=shop;AccountKey=${key}`;
    expect(refusal(text).message).toMatch(/https/);
    expect(refusal(`${text};BlobEndpoint=http://127.0.0.1.example.net/`).message).toMatch(/https/);
  });

  it.each([
    '',
    'nonsense',
    'AccountName=shop',
    'AccountName=shop;AccountKey=not a key!',
    'AccountKey=abc;BlobEndpoint=x',
  ])('is refused when it is %j', (text) => {
    expect(refusal(text).code).toBe('INPUT_INVALID');
  });

  it('is never quoted by its refusal', () => {
    const { message } = refusal(`AccountName=shop;AccountKey=${key}!;BlobEndpoint=http://example.net`);
    expect(message).not.toContain(key.slice(0, 20));
  });
});
