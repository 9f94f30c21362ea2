import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { Azurite } from '../../support/azurite.ts';
import { noTerminal, Terminal } from '../../support/terminal.ts';

const missing = noTerminal();
if (missing !== null) console.warn(`Prompts on a terminal are not tried: ${missing}.`);

const program = join(import.meta.dirname, '../../../src/main/cli.ts');
const passphrase = 'correct horse battery';

let folder: string;
let azurite: Azurite;
let terminal: Terminal | null;
beforeEach(async () => {
  terminal = null;
  folder = mkdtempSync(join(tmpdir(), 'hvrc-prompt-'));
  mkdirSync(join(folder, 'files'));
  azurite = await Azurite.start(join(folder, 'files'));
});
afterEach(async () => {
  await terminal?.end();
  await azurite.kill();
  rmSync(folder, { recursive: true, force: true });
});

const hvrc = (
  data: string,
  args: readonly string[],
  variables: Readonly<Record<string, string>> = {},
): Terminal => {
  const {
    AZURE_STORAGE_CONNECTION_STRING: _string,
    HVRC_VAULT_PASSPHRASE: _passphrase,
    ...env
  } = process.env;
  const command = [process.execPath, program, '--data', join(folder, data), ...args];
  terminal = new Terminal(command, { ...env, ...variables });
  return terminal;
};

describe.skipIf(missing !== null)('what must not be seen, typed at a terminal,', () => {
  it('is asked for and never shown: an account key, a passphrase typed twice, the passphrase again', async () => {
    const { credential } = azurite.access;
    if (credential.kind !== 'accountKey') throw new Error('no key');
    const { key } = credential;
    const { connectionString, endpoint } = azurite;
    const added = hvrc('one', [
      ...['vault', 'add', 'cloud', 'azure:replicas', '--encrypt'],
      ...['--account', endpoint, '--sign-in', 'key'],
    ]);
    await added.answer('account key: ', key);
    await added.answer('nobody can restore): ', passphrase);
    await added.answer('The same again: ', passphrase);
    expect(await added.exitCode()).toBe(0);
    expect(added.screen).toContain('The vault cloud is azure:replicas');
    for (const secret of [key, passphrase]) expect(added.screen).not.toContain(secret);

    const variables = { AZURE_STORAGE_CONNECTION_STRING: connectionString };
    const opened = hvrc('two', ['vault', 'open', 'cloud', 'azure:replicas'], variables);
    await opened.answer('Passphrase of the vault: ', passphrase);
    expect(await opened.exitCode()).toBe(0);
    expect(opened.screen).not.toContain(passphrase);
  });

  it('is typed twice alike, or not at all', async () => {
    const variables = { AZURE_STORAGE_CONNECTION_STRING: azurite.connectionString };
    const args = ['vault', 'add', 'cloud', 'azure:replicas', '--encrypt'];
    const differs = hvrc('one', args, variables);
    await differs.answer('nobody can restore): ', passphrase);
    await differs.answer('The same again: ', 'another');
    expect(await differs.exitCode()).toBe(2);
    expect(differs.screen).toContain('The two passphrases differ.');
    expect(differs.screen).not.toContain(passphrase);
    expect(differs.screen).not.toContain('another');

    const left = hvrc('one', args, variables);
    await left.answer('nobody can restore): ', '\x03');
    expect(await left.exitCode()).toBe(2);
    expect(left.screen).toContain('No passphrase was typed.');
  });
});
