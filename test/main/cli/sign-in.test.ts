import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { ReplicationError } from '../../../src/contract/errors.ts';
import { CliHarness } from './cli-harness.ts';

let cli: CliHarness;
beforeEach(() => {
  cli = new CliHarness();
  cli.answer({ 'vault.add': () => ({ name: 'cloud', target: 'azure:replicas', freeBytes: null, vms: [] }) });
});
afterEach(() => cli.remove());

const add = (...options: string[]) => cli.run('vault', 'add', 'cloud', 'azure:replicas', ...options);
const asked = (): unknown => {
  expect(cli.console.asked.map(({ name }) => name)).toEqual(['vault.add']);
  return cli.console.asked[0]!.params;
};
const entry = { name: 'cloud', target: 'azure:replicas' };
const secret = 'sv=1&sig=SECRET';
const tenant = { AZURE_TENANT_ID: 'tenant' };
const principal = { ...tenant, AZURE_CLIENT_ID: 'client' };
const ofPrincipal = { kind: 'environment', account: 'shop', tenantId: 'tenant', clientId: 'client' };

describe('the sign-in of a storage account', () => {
  it.each<[string, readonly string[], Readonly<Record<string, string>>, object]>([
    [
      'is the connection string of the environment',
      [],
      { AZURE_STORAGE_CONNECTION_STRING: secret },
      { kind: 'connectionString', connectionString: secret },
    ],
    [
      'is a key',
      ['--account', 'shop', '--sign-in', 'key'],
      { AZURE_STORAGE_KEY: secret },
      { kind: 'accountKey', account: 'shop', key: secret },
    ],
    [
      'is a key that the environment holds',
      ['--account', 'shop'],
      { AZURE_STORAGE_KEY: secret },
      { kind: 'accountKey', account: 'shop', key: secret },
    ],
    [
      'is for the account of the environment',
      ['--sign-in', 'key'],
      { AZURE_STORAGE_KEY: secret, AZURE_STORAGE_ACCOUNT: 'shop' },
      { kind: 'accountKey', account: 'shop', key: secret },
    ],
    [
      'is a signature',
      ['--account', 'shop', '--sign-in', 'sas'],
      { AZURE_STORAGE_SAS_TOKEN: secret, AZURE_STORAGE_KEY: 'another' },
      { kind: 'sas', account: 'shop', token: secret },
    ],
    [
      'is a service principal with a secret',
      ['--account', 'shop', '--sign-in', 'entra-environment'],
      { ...principal, AZURE_CLIENT_SECRET: secret },
      { ...ofPrincipal, clientSecret: secret },
    ],
    [
      'is a service principal of another cloud',
      ['--account', 'shop'],
      { ...principal, AZURE_CLIENT_SECRET: secret, AZURE_AUTHORITY_HOST: 'https://login.example' },
      { ...ofPrincipal, clientSecret: secret, authorityHost: 'https://login.example' },
    ],
    [
      'is a person with a code',
      ['--account', 'shop', '--sign-in', 'entra-device-code'],
      tenant,
      { kind: 'deviceCode', account: 'shop', tenantId: 'tenant' },
    ],
    [
      'is the identity of the machine',
      ['--account', 'shop', '--sign-in', 'managed-identity'],
      { AZURE_CLIENT_ID: 'client' },
      { kind: 'managedIdentity', account: 'shop', clientId: 'client' },
    ],
  ])('%s', async (_way, options, variables, signIn) => {
    cli.variables = variables;
    const { exitCode, stdout, stderr } = await add(...options);
    expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: '' });
    expect(asked()).toEqual({ ...entry, signIn });
    expect(stdout).not.toContain('SECRET');
  });

  it('may be a certificate, whose path counts from where the user is', async () => {
    cli.variables = { ...principal, AZURE_CLIENT_CERTIFICATE_PATH: 'client.pem' };
    await add('--account', 'shop');
    const signIn = { ...ofPrincipal, certificatePath: join(cli.directory, 'client.pem') };
    expect(asked()).toEqual({ ...entry, signIn });
  });

  it('takes a secret that the environment lacks from the input', async () => {
    cli.input = `${secret}\n`;
    const { stdout, stderr } = await add('--account', 'shop', '--sign-in', 'sas');
    expect(asked()).toEqual({ ...entry, signIn: { kind: 'sas', account: 'shop', token: secret } });
    expect(`${stdout}${stderr}`).not.toContain('SECRET');
  });

  it.each<[string, readonly string[], Readonly<Record<string, string>>, RegExp]>([
    ['without an account', ['--sign-in', 'key'], { AZURE_STORAGE_KEY: secret }, /--account NAME/],
    ['without a way', ['--account', 'shop'], {}, /--sign-in connection-string\|key\|sas/],
    ['by an unknown way', ['--sign-in', 'password'], {}, /It must be one of connection-string, key, sas/],
    ['without a secret', ['--account', 'shop', '--sign-in', 'key'], {}, /set AZURE_STORAGE_KEY, or type it/],
    [
      'of half a principal',
      ['--account', 'shop', '--sign-in', 'entra-environment'],
      { ...tenant, AZURE_CLIENT_SECRET: secret },
      /AZURE_TENANT_ID and AZURE_CLIENT_ID/,
    ],
    ['that is an argument', ['--account', 'shop', '--key', secret], {}, /Unknown option '--key'/],
  ])('%s is refused before the engine is asked', async (_case, options, variables, sentence) => {
    cli.variables = variables;
    const { exitCode, stderr } = await add(...options);
    expect(stderr).toMatch(sentence);
    expect(exitCode).toBe(2);
    expect(cli.console.asked).toEqual([]);
    expect(stderr).not.toContain('SECRET');
  });

  it('is renewed for the account that the vault has', async () => {
    const account = 'https://shop.blob.core.windows.net';
    cli.answer({
      'vault.list': () => [{ name: 'cloud', signIn: { account } }],
      'vault.signIn': () => ({ name: 'cloud' }),
    });
    cli.variables = { AZURE_STORAGE_SAS_TOKEN: secret };
    const { stdout } = await cli.run('vault', 'sign-in', 'cloud', '--sign-in', 'sas');
    expect(stdout).toBe('The vault cloud has a new sign-in.\n');
    const signIn = { kind: 'sas', account, token: secret };
    expect(cli.console.asked.at(-1)).toEqual({ name: 'vault.signIn', params: { name: 'cloud', signIn } });
  });

  it('with a code shows the code while the engine waits', async () => {
    const code = { vault: 'cloud', userCode: 'ABCD-1234', verificationUri: 'https://example.com/device' };
    const recording = cli.answer({
      'vault.add': () => {
        recording.push({
          kind: 'deviceCode',
          code: {
            ...code,
            message: 'Open the page and type ABCD-1234.',
            expiresAt: new Date(2026, 0, 2, 3, 19, 5).toISOString(),
          },
        });
        return { name: 'cloud', target: 'azure:replicas', freeBytes: null, vms: [] };
      },
    });
    const { stderr } = await add('--account', 'shop', '--sign-in', 'entra-device-code');
    expect(stderr).toMatch(
      /^Open the page and type ABCD-1234\.\nThe code is good until (2026-01-02 )?03:19:05\.\n$/,
    );
    expect(recording.listeners).toBe(0);
  });
});

describe('the passphrase of an encrypted vault', () => {
  it('comes from the environment', async () => {
    cli.variables = { AZURE_STORAGE_CONNECTION_STRING: secret, HVRC_VAULT_PASSPHRASE: 'correct horse' };
    await add('--encrypt');
    expect(asked()).toMatchObject({ encrypt: true, passphrase: 'correct horse' });
  });

  it('is not taken from an input that is no terminal', async () => {
    cli.variables = { AZURE_STORAGE_CONNECTION_STRING: secret };
    cli.input = 'correct horse\ncorrect horse\n';
    const { exitCode, stderr } = await add('--encrypt');
    expect(exitCode).toBe(2);
    expect(stderr).toMatch(/set HVRC_VAULT_PASSPHRASE/);
    cli.answer({
      'vault.open': () => {
        throw new ReplicationError('VAULT_PASSPHRASE_NEEDED', 'The vault is encrypted.');
      },
    });
    expect((await cli.run('vault', 'open', 'cloud', 'azure:replicas')).stderr).toMatch(/PASSPHRASE_NEEDED/);
  });
});
