import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, type Page } from '@playwright/test';
import { hvrc } from './agent-process.ts';
import { expectAccessible, newSite, open, type TestSite, useSampleHost, writeIntoWeb01 } from './console.ts';
import { test } from './door-test.ts';

let site: TestSite;
let page: Page;
let workload: ChildProcess;

const tab = (page: Page, name: string) => page.getByRole('tab', { name, exact: true }).click();
const card = (page: Page, name: string | RegExp) => page.getByRole('region', { name });

/** A busy server: it writes into the disks of the site until it is stopped. */
const startWorkload = ({ dataDirectory, hostDirectory }: TestSite): ChildProcess =>
  spawn(
    process.execPath,
    [
      join(import.meta.dirname, '../../out/main/cli.js'),
      '--data',
      dataDirectory,
      'sample',
      hostDirectory,
      '--workload',
      '--rate',
      '1',
    ],
    { stdio: 'ignore' },
  );

test.beforeAll(async () => {
  site = newSite();
  await useSampleHost(site);
  await hvrc(site.dataDirectory, 'vault', 'add', 'local', site.vaultDirectory);
  await hvrc(site.dataDirectory, 'protect', 'WEB01', '--vault', 'local', '--wait');
  workload = startWorkload(site);
});
test.afterAll(async () => {
  if (workload.exitCode === null) {
    const exited = once(workload, 'exit');
    workload.kill('SIGTERM');
    await exited;
  }
  site.remove();
});

test.beforeEach(async ({ door }) => {
  page = await door.begin(site);
  await open(page, 'WEB01');
});
test.afterEach(({ door }) => door.end());

test('charts show what was sampled, over one time that is chosen for all of them', async () => {
  writeIntoWeb01(site);
  await hvrc(site.dataDirectory, 'sync', 'WEB01');
  await tab(page, 'Charts');
  const log = card(page, /^Replication log, share of the disk/);
  await expect(log.getByRole('img')).toHaveAttribute('aria-label', /^Replication log, share of the disk: /);
  await expect(log.getByText('50 % → resynchronization')).toBeVisible();
  await expect(log.locator('.chart-label')).toContainText('WEB01.vhd');
  await expectAccessible(page);

  for (const range of ['24 hours', '7 days', '30 days']) {
    await page.getByText(range, { exact: true }).click();
    await expect(page.getByRole('radio', { name: range })).toBeChecked();
    await expect(log.getByRole('img')).toBeVisible();
  }
  const rpo = card(page, 'RPO: age of the replica');
  await expect(rpo.getByText(/^limit /)).toBeVisible();
  await rpo.getByRole('button', { name: /^As a table/ }).click();
  await expect(rpo.getByRole('columnheader', { name: 'RPO' })).toBeVisible();
  await expect(rpo.locator('tbody tr')).not.toHaveCount(0);
  await expectAccessible(page);
});

test('a resynchronization shows its steps and fills the map of its blocks', async () => {
  await tab(page, 'Resynchronization');
  await expect(page.getByText('This VM was never resynchronized.')).toBeVisible();
  await expectAccessible(page);
  writeIntoWeb01(site);
  await page.getByRole('button', { name: 'Resynchronize …' }).click();
  await page.getByRole('button', { name: 'Resynchronize now' }).click();
  // While it runs and afterwards: the same map, by the engine's pushes.
  const map = page.getByRole('img', { name: /^Block map of WEB01\.vhd: / });
  await expect(map).toBeVisible();
  await expect(page.getByRole('heading', { name: 'The last comparison' })).toBeVisible({ timeout: 60_000 });
  await expect(map).toHaveAttribute('aria-label', /: 100 % of 3,?072 blocks compared, [1-9]\d* differ/);
  await expect(page.locator('.block-map path.cell-same').first()).toHaveAttribute('d', /^M/);
  await expect(page.getByRole('row', { name: /blocks differed/ })).toBeVisible();
  await expectAccessible(page);
});

test('statistics are told with their interval, saved, and begun anew', async () => {
  await tab(page, 'Statistics');
  const figures = page.locator('.facts').last();
  await expect(figures).toContainText(/Cycles done[1-9]\d* of [1-9]/);
  await expectAccessible(page);
  await page.getByRole('button', { name: 'Reset …' }).click();
  await expectAccessible(page);
  await page.getByRole('button', { name: 'Reset', exact: true }).click();
  await expect(page.getByText('The statistics of WEB01 begin anew.')).toBeVisible();
  await expect(figures).toContainText('Cycles done0 of 0');
  // What went before the reset is an hour of the past now.
  const downloading = page.waitForEvent('download');
  await page.getByRole('button', { name: 'Download as CSV' }).click();
  const lines = readFileSync(await (await downloading).path(), 'utf8')
    .trimEnd()
    .split('\r\n');
  expect(lines[0]).toContain('from,to,cyclesDone,cyclesDue');
  expect(lines.length).toBeGreaterThan(1);
});

test('the policy is changed on the VM’s page', async () => {
  await tab(page, 'Settings');
  const points = page.getByLabel('Recovery points to keep');
  await expect(points).toHaveValue('24');
  await points.fill('0');
  await expect(page.getByText('Give a whole number from 1 to 1000.')).toBeVisible();
  await expect(page.getByRole('button', { name: 'Save' })).toBeDisabled();
  await points.fill('12');
  await expect(page.getByText(/only the newest 12 are kept/i)).toBeVisible();
  await page.getByRole('radio', { name: 'Every 15 minutes' }).check();
  await expectAccessible(page);
  await page.getByRole('button', { name: 'Save' }).click();
  await expect(page.getByText('The policy of WEB01 was changed.')).toBeVisible();
  await expect(page.locator('.facts').first()).toContainText('Every 15 minutes');
  await expect(points).toHaveValue('12');
  await tab(page, 'Timeline');
  await expect(page.getByRole('row', { name: /Initial replication Succeeded/ })).toBeVisible();
  await expectAccessible(page);
});
