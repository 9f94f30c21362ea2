import { statSync, writeFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { FileSecretStore } from '../../../src/main/platform/secret-store.ts';
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

  it('is not overwritten, nor quoted, when it is damaged', () => {
    writeFileSync(folder('secrets.json'), '{"a": "SECRET" garbage');
    const store = new FileSecretStore(folder('secrets.json'));
    expect(() => store.put('b', 'x')).toThrow(expect.objectContaining({ code: 'DATA_DIRECTORY_UNUSABLE' }));
    expect(() => store.get('a')).not.toThrow(/SECRET/);
  });
});
