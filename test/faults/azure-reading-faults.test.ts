import { mkdirSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { JobReport } from '../../src/contract/job-reports.ts';
import { sameDisks } from '../support/engine-site.ts';
import { FailingAccount, isRead, serviceFaults } from './azure-cells.ts';

let account: FailingAccount;
beforeAll(async () => {
  account = await FailingAccount.open();
});
afterAll(() => account.at.close());

describe('a storage account that, while a replica is read back,', () => {
  it.each(serviceFaults)('%s', async (_fault, fate, code) => {
    account.fail(fate, isRead, 2);
    expect((await account.attempt('verify')).error?.code ?? null).toBe(code);
    account.at.proxy.reset();
    expect(await account.at.site.verify()).toMatchObject({ identical: true });
  });
});

describe('a storage account that, while a VM is restored,', () => {
  it.each(serviceFaults)('%s', async (fault, fate, code) => {
    const { site, proxy } = account.at;
    const toDirectory = site.data(`restored-${fault}`);
    mkdirSync(toDirectory);
    const restore = async (): Promise<JobReport> =>
      site.failure((await site.console.request('restore', { vm: 'SRV1', toDirectory })).id);
    account.fail(fate, isRead, 2);
    expect((await restore()).error?.code ?? null).toBe(code);
    proxy.reset();
    if (code !== null) {
      expect(readdirSync(toDirectory).filter((name) => /\.vhdx?$/.test(name))).toEqual([]);
      expect((await restore()).error).toBeNull();
    }
    for (const name of ['system.vhdx', 'data.vhd'])
      expect(await sameDisks(join(toDirectory, name), site.disk(name))).toBe(true);
  });
});
