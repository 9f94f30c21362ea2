import { readFileSync, statSync, writeFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { FileSecretStore, type SecretSealer } from '../../../src/main/platform/secret-store.ts';
import { temporaryFolder } from '../../support/temporary-folder.ts';

const folder = temporaryFolder();

describe('the file of secrets', () => {
  it('keeps them for another instance until they are removed', () => {
    const store = new FileSecretStore(folder('secrets.json'));
    expect(store.get('a')).toBeNull();
    store.put('a', 'first');
    store.put('b', 'other');
    store.put('a', 'second');
    const again = new FileSecretStore(folder('secrets.json'));
    expect([again.get('a'), again.get('b')]).toEqual(['second', 'other']);
    again.remove('a');
    expect([store.get('a'), store.get('b')]).toEqual([null, 'other']);
  });

  it.skipIf(process.platform === 'win32')('is for its owner only, whatever a crash left beside it', () => {
    writeFileSync(folder('secrets.json.tmp'), 'half', { mode: 0o644 });
    new FileSecretStore(folder('secrets.json')).put('a', 'first');
    expect(statSync(folder('secrets.json')).mode & 0o777).toBe(0o600);
  });

  it('keeps them sealed where there is a key store, and gives them to that alone', () => {
    const keyStore = (key: number): SecretSealer => ({
      seal: (secret) => Buffer.from([key, ...Buffer.from(secret).map((byte) => byte ^ key)]),
      open: (sealed) => {
        if (sealed[0] !== key) throw new Error('another account');
        return Buffer.from(sealed.subarray(1).map((byte) => byte ^ key)).toString();
      },
    });
    const path = folder('secrets.json');
    new FileSecretStore(path).put('old', 'readable');
    const desktop = new FileSecretStore(path, keyStore(7));
    desktop.put('a', 'first');
    expect([desktop.get('old'), desktop.get('a')]).toEqual(['readable', 'first']);
    expect(readFileSync(path, 'utf8')).not.toContain('first');
    for (const other of [new FileSecretStore(path), new FileSecretStore(path, keyStore(9))]) {
      expect([other.get('old'), other.isSealed('old'), other.isSealed('a')]).toEqual([
        'readable',
        false,
        true,
      ]);
      expect(() => other.get('a')).toThrow(expect.objectContaining({ code: 'SECRET_SEALED' }));
      other.put('b', 'theirs');
    }
    expect(desktop.get('a')).toBe('first');
    const agent = new FileSecretStore(path);
    agent.put('a', 'anew');
    expect([agent.get('a'), desktop.get('a')]).toEqual(['anew', 'anew']);
  });

  it('is not overwritten, nor quoted, when it is damaged', () => {
    writeFileSync(folder('secrets.json'), '{"a": "SECRET" garbage');
    const store = new FileSecretStore(folder('secrets.json'));
    expect(() => store.put('b', 'x')).toThrow(expect.objectContaining({ code: 'DATA_DIRECTORY_UNUSABLE' }));
    expect(() => store.get('a')).not.toThrow(/SECRET/);
  });
});
