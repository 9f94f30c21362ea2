/**
 * `node scripts/run.mjs scripts/screenshots.ts`: walks through the built console with a sample site and writes a picture of
 * every view to docs/screenshots, in light and dark, at two widths.
 */
import { mkdirSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { chromium, type Page } from '@playwright/test';
import { hvrc, startAgent } from '../test/e2e/agent-process.ts';
import { newSite, rowOf, type TestSite, writeIntoWeb01 } from '../test/e2e/console.ts';
import { giveHistory, giveOutage } from '../test/support/site-history.ts';
import { findBrowser } from './browser.ts';
import { ensureBuilt, projectRoot } from './product.ts';

const pictures = join(projectRoot, 'docs/screenshots');
const sizes = [
  { width: 1024, height: 640 },
  { width: 1440, height: 900 },
] as const;
const schemes = ['light', 'dark'] as const;

/** The view as it stands, in every theme and size. */
const takePictures = async (page: Page, name: string): Promise<void> => {
  for (const size of sizes) {
    await page.setViewportSize(size);
    for (const colorScheme of schemes) {
      await page.emulateMedia({ colorScheme, reducedMotion: 'reduce' });
      await page.locator(`[data-theme="${colorScheme}"]`).first().waitFor();
      await page.mouse.move(0, 0);
      await page.screenshot({ path: join(pictures, `${name}-${colorScheme}-${size.width}.png`) });
    }
  }
  console.log(name);
};

const click = (page: Page, name: string) => page.getByRole('button', { name, exact: true }).click();
const open = (page: Page, name: string) => page.getByRole('link', { name, exact: true }).first().click();

/** Slow enough to be seen at work; bits per second. */
const slow = 32_000_000;

const limitTo = (data: string, bits: number | null) =>
  hvrc(data, 'settings', 'set', 'bandwidth', JSON.stringify({ workHoursBps: bits, otherBps: bits }));

/** Stops the engine, does something without it, and shows the page of the next one. */
type Without = (work: () => void) => Promise<void>;

const walk = async (page: Page, site: TestSite, withoutEngine: Without): Promise<void> => {
  const { folder, dataDirectory: data, hostDirectory, vaultDirectory: vault } = site;
  await page.getByRole('button', { name: 'Create a sample site' }).waitFor();
  await takePictures(page, 'first-run-host');
  await page.getByRole('textbox', { name: 'New folder' }).fill(hostDirectory);
  await click(page, 'Create a sample site');
  await page.getByRole('button', { name: 'Add the vault' }).waitFor();
  await page.getByRole('textbox', { name: 'Folder' }).fill(vault);
  await takePictures(page, 'first-run-vault');
  await click(page, 'Add the vault');
  await page.getByRole('checkbox', { name: /^FILESRV/ }).check();
  await page.getByRole('checkbox', { name: /^WEB01/ }).check();
  await takePictures(page, 'protect-vms');
  await click(page, 'Next');
  await takePictures(page, 'protect-vault');
  await click(page, 'Next');
  await takePictures(page, 'protect-policy');
  await click(page, 'Next');
  await page.getByRole('button', { name: 'Check again' }).waitFor();
  await takePictures(page, 'protect-review');
  await limitTo(data, slow);
  await click(page, 'Protect 2 VMs');
  await page.getByRole('heading', { level: 1, name: /2 of 3 VMs/ }).waitFor();
  await page.locator('td.activity').getByText(/left/).first().waitFor();
  await takePictures(page, 'overview-copying');
  await limitTo(data, null);
  await page.locator('tr', { hasText: 'Replicating' }).nth(1).waitFor();
  await withoutEngine(() => giveHistory(data, Date.now()));

  for (const megabytes of [3, 1, 2, 4, 2, 3, 1, 2]) {
    writeIntoWeb01(site, megabytes * 1024 * 1024);
    await hvrc(data, 'sync', 'WEB01');
  }
  await hvrc(data, 'verify', 'WEB01');
  await hvrc(data, 'pause', 'FILESRV');
  await rowOf(page, 'FILESRV').getByRole('button', { name: 'Resume' }).waitFor();
  await takePictures(page, 'overview');
  await open(page, 'WEB01');
  await page.getByRole('tab', { name: 'Disks' }).waitFor();
  await takePictures(page, 'vm-disks');
  await page.getByRole('tab', { name: 'Timeline' }).click();
  await page.getByText('Nothing is being retried.').waitFor();
  await takePictures(page, 'vm-timeline');
  await page.getByRole('tab', { name: 'Charts' }).click();
  await page.getByText('24 hours', { exact: true }).click();
  await page.locator('.recharts-surface').first().waitFor();
  await takePictures(page, 'vm-charts');
  await page.getByRole('tab', { name: 'Resynchronization' }).click();
  writeIntoWeb01(site, 12 * 1024 * 1024);
  await limitTo(data, slow);
  await click(page, 'Resynchronize …');
  await click(page, 'Resynchronize now');
  await click(page, 'Dismiss');
  await page.getByText(/blocks compared · [1-9]/).waitFor();
  await takePictures(page, 'vm-resync');
  await limitTo(data, null);
  await page.getByText('The last comparison').waitFor();
  await page.getByRole('tab', { name: 'Statistics' }).click();
  await page.getByText('Cycles done').first().waitFor();
  await takePictures(page, 'vm-statistics');
  await page.getByRole('tab', { name: 'Settings' }).click();
  await page.getByLabel('Recovery points to keep').waitFor();
  await takePictures(page, 'vm-settings');
  await page.getByRole('tab', { name: 'Recovery points' }).click();
  await page
    .getByRole('button', { name: /Restore the point/ })
    .first()
    .waitFor();
  await takePictures(page, 'vm-points');
  await page
    .getByRole('button', { name: /Restore the point/ })
    .first()
    .click();
  await page.getByRole('dialog').waitFor();
  await page.getByRole('textbox', { name: 'Into the folder' }).fill(join(folder, 'restored'));
  await takePictures(page, 'vm-restore');
  await click(page, 'Cancel');
  await page.getByRole('button', { name: 'More actions for WEB01' }).click();
  await page.getByRole('menuitem', { name: 'Disable protection' }).click();
  await page.getByRole('radio', { name: 'Delete the replica and its recovery points' }).check();
  await takePictures(page, 'vm-unprotect');
  await click(page, 'Cancel');
  await open(page, 'Vaults');
  await click(page, 'Check local');
  await page.getByText('Every right the vault needs is there.').waitFor();
  await takePictures(page, 'vaults');
  await open(page, 'Alerts');
  await page.getByLabel('Mail server').waitFor();
  await takePictures(page, 'alerts');
  await open(page, 'Settings');
  await page.getByText('Data directory').waitFor();
  await page.getByText('In working hours').waitFor();
  await takePictures(page, 'settings');
  await page.getByRole('heading', { name: 'Bandwidth' }).scrollIntoViewIfNeeded();
  await page.getByText('Working hours', { exact: true }).scrollIntoViewIfNeeded();
  await takePictures(page, 'settings-bandwidth');

  const logBytes = 34 * 1024 * 1024;
  await withoutEngine(() => {
    renameSync(vault, `${vault}-away`);
    writeIntoWeb01(site, logBytes);
    giveOutage(data, 'WEB01', Date.now(), logBytes);
  });
  await open(page, 'Overview');
  await page.getByRole('button', { name: 'Retry now' }).waitFor();
  await takePictures(page, 'overview-trouble');
  await open(page, 'WEB01');
  await page.getByRole('button', { name: 'Retry now' }).first().waitFor();
  await takePictures(page, 'vm-trouble');
  await page.getByRole('tab', { name: 'Timeline' }).click();
  await page.locator('.ladder').waitFor();
  await takePictures(page, 'vm-retries');
  await page.getByRole('tab', { name: 'Charts' }).click();
  await page.locator('.recharts-surface').first().waitFor();
  await takePictures(page, 'vm-charts-trouble');
  await open(page, 'Jobs');
  await page.getByRole('combobox', { name: 'Show' }).selectOption('all');
  await page
    .getByRole('button', { name: /^Steps of job/ })
    .nth(1)
    .click();
  await takePictures(page, 'jobs');
  await open(page, 'Events');
  await page.getByRole('button', { name: 'Export as CSV' }).waitFor();
  await takePictures(page, 'events');
};

ensureBuilt();
const executablePath = findBrowser();
if (executablePath === undefined) throw new Error('There is no browser to take pictures with.');
const site = newSite();
let agent = await startAgent(site.dataDirectory);
const browser = await chromium.launch({
  executablePath,
  args: process.getuid?.() === 0 ? ['--no-sandbox'] : [],
});
try {
  rmSync(pictures, { recursive: true, force: true });
  mkdirSync(pictures, { recursive: true });
  const page = await browser.newPage();
  page.setDefaultTimeout(20_000);
  page.on('pageerror', (error) => console.error(error.message));
  page.on('console', (message) => message.type() === 'error' && console.error(message.text()));
  await page.goto(agent.link);
  await walk(page, site, async (work) => {
    await agent.stop();
    work();
    agent = await startAgent(site.dataDirectory);
    await page.goto(agent.link);
  });
} finally {
  await browser.close();
  await agent.stop();
  site.remove();
}
