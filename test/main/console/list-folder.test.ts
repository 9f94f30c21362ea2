import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { describe, expect, it } from 'vitest';
import { listedFolders } from '../../../src/contract/folders.ts';
import { listFolder } from '../../../src/main/console/list-folder.ts';
import { temporaryFolder } from '../../support/temporary-folder.ts';

const folder = temporaryFolder();

describe('the list of a folder', () => {
  it('has its folders by name, never its files', async () => {
    for (const name of ['b', 'a', '.hidden', 'ä']) mkdirSync(folder(name));
    writeFileSync(folder('secret.txt'), '');
    symlinkSync(folder('a'), folder('link'), 'junction');
    symlinkSync(folder('nowhere'), folder('dead'), 'junction');
    const report = await listFolder(folder());
    expect(report.folders.map(({ name }) => name)).toEqual(['.hidden', 'a', 'ä', 'b', 'link']);
    expect(report.folders[1]).toEqual({ name: 'a', path: folder('a') });
    expect(report).toMatchObject({ path: folder(), parent: dirname(folder()), more: false });
  });

  it('ends after so many and says that there are more', async () => {
    for (let index = 0; index <= listedFolders; index++) mkdirSync(folder(`n${index}`));
    const { folders, more } = await listFolder(folder());
    expect(folders).toHaveLength(listedFolders);
    expect(more).toBe(true);
  });

  it('begins at the top when no folder is named', async () => {
    const top = await listFolder(undefined);
    expect(top.parent).toBeNull();
    expect(top.folders.length).toBeGreaterThan(0);
  });

  it.each([
    ['a file', 'file.txt', /not a folder/],
    ['nothing', 'gone', /no such folder/],
  ])('is refused for %s', async (_what, name, reason) => {
    writeFileSync(folder('file.txt'), '');
    await expect(listFolder(folder(name))).rejects.toMatchObject({
      code: 'INPUT_INVALID',
      message: expect.stringMatching(reason),
    });
  });
});
