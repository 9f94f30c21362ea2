import { renameSync } from 'node:fs';
import { expect as expectSoon, type Page } from '@playwright/test';
import { hvrc } from './agent-process.ts';
import { click, expectAccessible, newSite, open, rowOf, type TestSite, writeIntoWeb01 } from './console.ts';
import { test } from './door-test.ts';
import type { Door } from './doors.ts';

test.setTimeout(240_000);

/** Real disks and a real engine: what takes a second here takes ten on a busy machine. */
const expect = expectSoon.configure({ timeout: 20_000 });
const mebibyte = 1024 * 1024;
/** A cycle every 30 seconds, and what the machine takes. */
const cycleMs = 60_000;

const limit = (site: TestSite, bits: number | null) =>
  hvrc(
    site.dataDirectory,
    'settings',
    'set',
    'bandwidth',
    JSON.stringify({ workHoursBps: bits, otherBps: bits }),
  );

/** From an empty console to a first copy that has begun, slowly enough to be looked at. */
const protect = async (page: Page, site: TestSite): Promise<void> => {
  await page.getByRole('textbox', { name: 'New folder' }).fill(site.hostDirectory);
  await click(page, 'Create a sample site');
  await expect(page.getByText(`3 VMs in ${site.hostDirectory}`)).toBeVisible();
  await page.getByRole('textbox', { name: 'Folder' }).fill(site.vaultDirectory);
  await click(page, 'Add the vault');
  await page.getByRole('checkbox', { name: /^WEB01/ }).check();
  await click(page, 'Next');
  await click(page, 'Next');
  await page.getByRole('radio', { name: 'Every 30 seconds' }).check();
  await click(page, 'Next');
  await expect(page.getByText(/up to about .* at the bandwidth limit/)).toBeVisible();
  await click(page, 'Protect WEB01');
};

/** The engine ends in the middle of the first copy, and goes on where it was. */
const interruptFirstCopy = async (page: Page, site: TestSite, door: Door): Promise<Page> => {
  const progress = page.getByRole('region', { name: 'WEB01.vhd' }).getByRole('progressbar');
  await expect(progress).toBeVisible();
  await expect.poll(async () => Number(await progress.getAttribute('aria-valuenow'))).toBeGreaterThan(10);
  await door.end();
  const again = await door.begin(site);
  await open(again, 'WEB01');
  await expect(again.getByText(/resumed at \d+ %/)).toBeVisible();
  await limit(site, null);
  await expect(again.locator('.vm-state')).toContainText('Normal', { timeout: cycleMs });
  return again;
};

const sendDelta = async (page: Page, site: TestSite): Promise<void> => {
  writeIntoWeb01(site);
  await click(page, 'Sync now');
  await page.getByRole('link', { name: 'Show the job' }).click();
  await expect(page.getByText(/4\.\d+ MB changed, .* sent/)).toBeVisible();
};

/** Nothing can be sent while much is written: the log grows, first to a warning, then beyond half the disk. */
const outgrowLog = async (page: Page, site: TestSite): Promise<void> => {
  await open(page, 'Overview');
  const row = rowOf(page, 'WEB01');
  renameSync(site.vaultDirectory, `${site.vaultDirectory}-away`);
  writeIntoWeb01(site, 30 * mebibyte);
  await row.getByRole('button', { name: 'Sync now' }).click();
  await expect(row).toContainText(/3\d\.\d MB/);
  await open(page, 'WEB01');
  await expect(page.locator('main')).toContainText(/The log of WEB01\.vhd/);
  await open(page, 'Overview');
  writeIntoWeb01(site, 30 * mebibyte);
  await row.getByRole('button', { name: 'Retry now' }).click();
  await expect(row).toContainText('reached 50 % of the disk');
  await expect(row).toContainText('Resynchronization required');
  await expect(page.getByRole('heading', { level: 1 })).toContainText('WEB01');
  renameSync(`${site.vaultDirectory}-away`, site.vaultDirectory);
  await expectAccessible(page);
};

/** The one button that helps. */
const resynchronize = async (page: Page): Promise<void> => {
  await rowOf(page, 'WEB01').getByRole('button', { name: 'Resynchronize' }).click();
  await click(page, 'Resynchronize now');
  await expect(rowOf(page, 'WEB01')).not.toContainText('Resynchronization required');
  await open(page, 'Jobs');
  await expect(page.getByRole('row', { name: /Resynchronization WEB01 Succeeded/ })).toBeVisible({
    timeout: cycleMs,
  });
  await open(page, 'WEB01');
  await page.getByRole('tab', { name: 'Resynchronization' }).click();
  await expect(page.getByRole('img', { name: /^Block map of WEB01\.vhd: 100 %/ })).toBeVisible();
  await open(page, 'Overview');
  await expect(rowOf(page, 'WEB01')).toContainText('Normal', { timeout: cycleMs });
};

/** The vault is cut off: what was tried, when it is tried again, and by hand once it is back. */
const loseVault = async (page: Page, site: TestSite): Promise<void> => {
  renameSync(site.vaultDirectory, `${site.vaultDirectory}-away`);
  writeIntoWeb01(site);
  await open(page, 'WEB01');
  await click(page, 'Sync now');
  await page.getByRole('tab', { name: 'Timeline' }).click();
  const next = page.locator('.rung-next');
  await expect(next).toContainText(/next in 00:\d\d/);
  const left = await next.textContent();
  await expect(next).not.toHaveText(left ?? '');
  renameSync(`${site.vaultDirectory}-away`, site.vaultDirectory);
  await click(page, 'Retry now');
  await expect(page.locator('.ladder')).toHaveCount(0);
  await expect(page.getByText('The last attempt failed')).toHaveCount(0);
  await expect(page.getByRole('row', { name: /Replication cycle Succeeded/ }).first()).toBeVisible();
};

/** What was set outlives the engine. */
const keepSettings = async (page: Page, site: TestSite, door: Door): Promise<void> => {
  await open(page, 'Settings');
  const policy = page.getByRole('region', { name: 'New protections' });
  await policy.getByLabel('Recovery points to keep').fill('7');
  await policy.getByRole('button', { name: 'Save' }).click();
  await expect(policy.getByRole('button', { name: 'Save' })).toBeDisabled();
  await door.end();
  const again = await door.begin(site);
  await open(again, 'Settings');
  await expect(
    again.getByRole('region', { name: 'New protections' }).getByLabel('Recovery points to keep'),
  ).toHaveValue('7');
};

const story = async (site: TestSite, door: Door): Promise<void> => {
  let page = await door.begin(site);
  await limit(site, 12_000_000);
  // By hand, whatever the hour of this test.
  await hvrc(site.dataDirectory, 'settings', 'set', 'resyncWindow.enabled', 'false');
  await test.step('protect', () => protect(page, site));
  page = await test.step('interrupt the first copy', () => interruptFirstCopy(page, site, door));
  await test.step('send a delta', () => sendDelta(page, site));
  await test.step('lose the vault for a while', () => loseVault(page, site));
  await test.step('outgrow the log', () => outgrowLog(page, site));
  await test.step('resynchronize', () => resynchronize(page));
  await test.step('keep settings', () => keepSettings(page, site, door));
};

test('a VM’s story: first copy, restart, delta, outgrown log, resynchronization, lost vault', async ({
  door,
}) => {
  const site = newSite();
  try {
    await story(site, door);
    await door.end();
  } finally {
    await door.dispose();
    site.remove();
  }
});
