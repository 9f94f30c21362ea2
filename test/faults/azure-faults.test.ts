import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { isPageWrite } from '../support/azure-site.ts';
import { FailingAccount, isDigestRead, isRemoval, serviceFaults } from './azure-cells.ts';

let account: FailingAccount;
beforeAll(async () => {
  account = await FailingAccount.open();
});
afterAll(() => account.at.close());

/** When it happens: during what, from the how manieth request of which kind. */
const moments = [
  ['during a first copy', 'initial', isPageWrite, 2],
  ['while a cycle writes', 'sync', isPageWrite, 2],
  ['while a cycle removes points', 'sync', isRemoval, 1],
  ['while a resynchronization asks for digests', 'resync', isDigestRead, 1],
  ['while a resynchronization writes', 'resync', isPageWrite, 2],
] as const;

describe.each(moments)('a storage account that, %s,', (_when, what, isMeant, first) => {
  it.each(serviceFaults)('%s', async (_fault, fate, code) => {
    await account.expectOvercome(what, [fate, code], isMeant, first);
  });

  it('holds the disks afterwards, as qemu sees what is downloaded, and one point', async () => {
    expect(await account.at.isIdentical()).toBe(true);
    expect((await account.at.site.console.request('points', { vm: 'SRV1' })).points).toHaveLength(1);
  });
});
