import { renameSync } from 'node:fs';
import { join } from 'node:path';
import { expect, type Page } from '@playwright/test';
import { hvrc } from './agent-process.ts';
import { newSite, rowOf, type TestSite, useSampleHost, writeInto } from './console.ts';
import { test } from './door-test.ts';

/** Names that would run as soon as anything took them for a page. */
const vm = '<img src=x onerror=globalThis.hit=1>';
const disk = '<svg onload=globalThis.hit=1>"\'&lt;.vhd';
const vaultFolder = '<iframe srcdoc="<b onclick=globalThis.hit=1>">{{constructor}}';

let site: TestSite;

/** Nothing of the names became an element, or ran. */
const expectHarmless = async (page: Page): Promise<void> => {
  expect(await page.evaluate(() => (globalThis as { hit?: number }).hit)).toBeUndefined();
  await expect(page.locator('[onerror], [onload], [onclick], [srcdoc], img[src="x"], iframe')).toHaveCount(0);
};

const view = (page: Page, name: string) =>
  page.getByRole('navigation').getByRole('link', { name, exact: true }).click();

/** Shows the names and the errors that carry them in every view. */
const walk = async (page: Page): Promise<void> => {
  const row = rowOf(page, vm);
  await expect(row).toContainText(vm);
  await expect(row).toContainText('Replicating');
  await expectHarmless(page);
  renameSync(site.vaultDirectory, `${site.folder}/away`);
  writeInto(join(site.hostDirectory, vm, 'Virtual Hard Disks', disk));
  await row.getByRole('button', { name: 'Sync now' }).click();
  await row.getByRole('link', { name: vm }).click();
  await expect(page.getByRole('heading', { level: 1 })).toHaveText(vm);
  await expect(page.getByRole('heading', { name: disk })).toBeVisible();
  const trouble = page.locator('.trouble');
  await expect(trouble).toContainText(vaultFolder);
  await trouble.getByText('Details').click();
  await expectHarmless(page);
  for (const tab of await page.getByRole('tab').all()) {
    await tab.click();
    await expect(tab).toHaveAttribute('aria-selected', 'true');
    await expectHarmless(page);
  }
  await page.getByRole('button', { name: `More actions for ${vm}` }).click();
  await page.getByRole('menuitem', { name: 'Disable protection' }).click();
  await expect(page.getByRole('dialog')).toContainText(vm);
  await expectHarmless(page);
  await page.keyboard.press('Escape');
  for (const name of ['Jobs', 'Events', 'Vaults', 'Settings', 'Overview']) {
    await view(page, name);
    await expect(page.getByRole('link', { name, exact: true })).toHaveAttribute('aria-current', 'page');
    await expect(page.locator('main')).toContainText(name === 'Settings' ? site.dataDirectory : '<');
    await expectHarmless(page);
  }
};

test.beforeEach(async () => {
  site = newSite();
  site = { ...site, vaultDirectory: join(site.folder, vaultFolder) };
  await useSampleHost(site);
  const folder = join(site.hostDirectory, 'WEB01');
  const disks = join(folder, 'Virtual Hard Disks');
  renameSync(join(disks, 'WEB01.vhd'), join(disks, disk));
  renameSync(folder, join(site.hostDirectory, vm));
  await hvrc(site.dataDirectory, 'vault', 'add', 'local', site.vaultDirectory);
  await hvrc(site.dataDirectory, 'protect', vm, '--vault', 'local', '--wait');
});

test.afterEach(() => site.remove());

// Windows takes none of these characters in a name.
test.skip(process.platform === 'win32', 'no such names on Windows');

test('script in names and errors is only text', async ({ door, faults }) => {
  await walk(await door.begin(site));
  await door.end();
  expect(faults).toEqual([]);
});
