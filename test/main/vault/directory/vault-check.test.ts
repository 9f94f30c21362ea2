import { readdirSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import {
  createDirectoryVault,
  openDirectoryVault,
} from '../../../../src/main/vault/directory/directory-vault.ts';
import { nodeFileOps, type VaultFileOps } from '../../../../src/main/vault/directory/file-ops.ts';
import { temporaryFolder } from '../../../support/temporary-folder.ts';

const mebibyte = 1024 ** 2;

const systemError = (code: string) => Object.assign(new Error(code), { code, errno: -1 });

describe('The check of a directory vault', () => {
  const folder = temporaryFolder();

  /** What the check finds where the volume behaves as `ops` says. */
  const check = async (ops: Partial<VaultFileOps>) => {
    const path = folder('vault');
    await createDirectoryVault(path);
    const vault = await openDirectoryVault(path, { fileOps: { ...nodeFileOps, ...ops } });
    const checks = await vault.check();
    expect(readdirSync(path)).toEqual(['vault.json']);
    return Object.fromEntries(checks.map(({ right, passed, detail }) => [right, `${passed}: ${detail}`]));
  };

  it('passes every right that replication needs', async () => {
    const found = Object.entries(await check({}));
    expect(found.map(([right]) => right)).toEqual(['reach', 'write', 'rename', 'read', 'delete', 'space']);
    expect(found.filter(([, result]) => !result.startsWith('true'))).toEqual([]);
  });

  it.each([
    ['EROFS', 'it is mounted read-only'],
    ['EACCES', 'this account lacks the right'],
    ['ENOSPC', 'there is no space left'],
  ])(
    'of which no file can be written (%s) says that %s, and tries what can be tried',
    async (code, reason) => {
      const writeAtomically = () => {
        throw systemError(code);
      };
      const untried = 'false: Not tried: it takes a file that was written.';
      expect(await check({ writeAtomically })).toMatchObject({
        reach: expect.stringMatching(/^true/),
        write: `false: No file can be written into ${folder('vault')}: ${reason} (${code}).`,
        rename: untried,
        read: 'true: vault.json was read.',
        delete: untried,
      });
    },
  );

  it('names the one right that is missing, and tries the others', async () => {
    const rename = () => {
      throw systemError('EACCES');
    };
    expect(await check({ rename })).toMatchObject({
      rename: `false: A file in ${folder('vault')} cannot be renamed: this account lacks the right (EACCES).`,
      read: 'true: The file was read back.',
      delete: 'true: The file was deleted.',
    });
  });

  it('that is nearly full says how much must be freed', async () => {
    const space = () => ({ freeBytes: 20 * mebibyte, totalBytes: 4096 * mebibyte });
    expect((await check({ space })).space).toBe(
      'false: Only 20.0 MB of 4.00 GB are free, and 64.0 MB must stay free: free 44.0 MB and what is to be replicated.',
    );
  });
});
