import { mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, type Page } from '@playwright/test';
import { hvrc } from './agent-process.ts';
import { expectAccessible, newSite, open, type TestSite, useSampleHost } from './console.ts';
import { test } from './door-test.ts';

let site: TestSite;
let page: Page;

test.beforeEach(async ({ door }) => {
  site = newSite();
  await useSampleHost(site);
  await hvrc(site.dataDirectory, 'vault', 'add', 'local', site.vaultDirectory);
  page = await door.begin(site);
});

test.afterEach(async ({ door }) => {
  await door.end();
  site.remove();
});

test('the hours of resynchronization are drawn or typed, kept, and shown to hvrc', async () => {
  await open(page, 'Settings');
  const card = page.getByRole('region', { name: 'Resynchronization window' });
  const hours = card.getByRole('group', { name: 'Hours' });
  await expect(hours).toContainText('Ends on the next day. 80.5 hours a week.');
  // By keyboard.
  await hours.getByRole('checkbox', { name: 'Sunday' }).press('Space');
  await hours.getByLabel('From').fill('20:00');
  await hours.getByLabel('To').fill('04:30');
  await expect(hours).toContainText('51 hours a week.');
  await page.getByRole('radio', { name: 'Finish what has begun' }).check();
  await expectAccessible(page);
  await card.getByRole('button', { name: 'Save' }).press('Enter');
  await expect(page.getByText('The settings were saved.')).toBeVisible();
  const kept = JSON.parse(await hvrc(site.dataDirectory, 'settings', 'show', '--json')) as {
    resyncWindow: unknown;
  };
  expect(kept.resyncWindow).toEqual({
    enabled: true,
    hours: { days: ['mon', 'tue', 'wed', 'thu', 'fri', 'sat'], from: '20:00', to: '04:30' },
    atEnd: 'finish',
  });

  // With the pointer, on Sunday's line, a third to two thirds of the day.
  const line = hours.locator('.week-track').last();
  const { x, y, width, height } = (await line.boundingBox())!;
  await page.mouse.move(x + width / 3, y + height / 2);
  await page.mouse.down();
  await page.mouse.move(x + (width * 2) / 3, y + height / 2, { steps: 4 });
  await page.mouse.up();
  await expect(hours.getByLabel('From')).toHaveValue('08:00');
  await expect(hours.getByLabel('To')).toHaveValue('16:00');
  await expect(hours.getByRole('checkbox', { name: 'Sunday' })).toBeChecked();
  await card.getByRole('button', { name: 'Discard changes' }).click();
  await expect(hours.getByLabel('From')).toHaveValue('20:00');

  for (const day of ['Mon', 'Tues', 'Wednes', 'Thurs', 'Fri', 'Satur'])
    await hours.getByRole('checkbox', { name: `${day}day` }).uncheck();
  await expect(page.getByText('Choose at least one day.')).toBeVisible();
  await expect(card.getByRole('button', { name: 'Save' })).toBeDisabled();
});

test('a folder of the engine’s machine is chosen by keyboard', async ({ doorName }) => {
  test.skip(doorName === 'desktop', 'the desktop asks the system for a folder');
  mkdirSync(join(site.folder, 'new vault', 'inner'), { recursive: true });
  await open(page, 'Vaults');
  await page.getByRole('button', { name: 'Add a vault' }).click();
  await page.getByRole('textbox', { name: 'Folder' }).fill(site.folder);
  await page.getByRole('button', { name: 'Browse for: Folder' }).press('Enter');
  const dialog = page.getByRole('dialog');
  const folders = dialog.getByRole('listbox', { name: 'Folders' });
  await expect(folders.getByRole('option', { name: 'new vault' })).toBeAttached();
  await expectAccessible(page);
  await folders.focus();
  await page.keyboard.type('new');
  await page.keyboard.press('Enter');
  await expect(dialog.locator('.path')).toHaveText(join(site.folder, 'new vault'));
  await expect(folders.getByRole('option', { name: 'inner' })).toBeAttached();
  await page.keyboard.press('Backspace');
  await expect(dialog.locator('.path')).toHaveText(site.folder);
  await dialog.getByRole('button', { name: 'Up' }).click();
  await expect(folders).toContainText(site.folder.split('/').at(-1)!);
  await folders.selectOption({ label: site.folder.split('/').at(-1)! });
  await dialog.getByRole('button', { name: 'Choose this folder' }).click();
  await expect(page.getByRole('textbox', { name: 'Folder' })).toHaveValue(site.folder);
});

test('jobs are searched and exported', async () => {
  await hvrc(site.dataDirectory, 'protect', 'WEB01', '--vault', 'local', '--wait');
  await open(page, 'Jobs');
  await page.getByLabel('Search jobs').fill('sql');
  await expect(page.getByText('No job fits the filter.')).toBeVisible();
  await page.getByLabel('Search jobs').fill('web');
  await expect(page.locator('tr[data-job]').first()).toBeVisible();
  const downloading = page.waitForEvent('download');
  await page.getByRole('button', { name: 'Export as CSV' }).click();
  const csv = readFileSync(await (await downloading).path(), 'utf8');
  expect(csv).toMatch(/id,kind,vm,state,startedAt/);
  expect(csv).toContain('"initial","WEB01","succeeded"');
});

test('the engine’s facts are copied for whoever helps', async () => {
  await page.context().grantPermissions(['clipboard-read', 'clipboard-write']);
  await open(page, 'Settings');
  await page.getByRole('button', { name: 'Copy for support' }).click();
  await expect(page.getByRole('button', { name: 'Copied' })).toBeVisible();
  const text = await page.evaluate(() => navigator.clipboard.readText());
  expect(text).toContain(`Data directory: ${site.dataDirectory}`);
  expect(text).toContain('hvrc.log');
});

test('limits, defaults and monitoring are typed, checked while typing, kept, and used by the wizard', async () => {
  await open(page, 'Settings');
  const bandwidth = page.getByRole('region', { name: 'Bandwidth' });
  const save = bandwidth.getByRole('button', { name: 'Save' });
  await bandwidth.getByLabel('In working hours').fill('0.1');
  await expect(bandwidth.getByText('Give 0.512 to 1023 Mbit/s')).toBeVisible();
  await bandwidth.getByLabel('At other times').fill('80');
  await expect(save).toBeDisabled();
  await bandwidth.getByLabel('In working hours').fill('8,5');
  await bandwidth.getByLabel('Requests at once').fill('6');
  await save.click();
  await expect(save).toBeDisabled();
  const policy = page.getByRole('region', { name: 'New protections' });
  await policy.getByRole('radio', { name: 'Every 15 minutes' }).check();
  await policy.getByLabel('Recovery points to keep').fill('7');
  await policy.getByRole('button', { name: 'Save' }).click();
  const monitoring = page.getByRole('region', { name: 'Monitoring' });
  await monitoring.getByLabel('Begins at').fill('24');
  await expect(monitoring.getByText('Give a whole number from 0 to 23.')).toBeVisible();
  await monitoring.getByLabel('Begins at').fill('7');
  await monitoring.getByRole('button', { name: 'Save' }).click();
  await expect(monitoring.getByRole('button', { name: 'Save' })).toBeDisabled();
  await expectAccessible(page);
  const kept = JSON.parse(await hvrc(site.dataDirectory, 'settings', 'show', '--json')) as object;
  expect(kept).toMatchObject({
    bandwidth: { workHoursBps: 8_500_000, otherBps: 80_000_000 },
    upload: { threads: 6 },
    newProtection: { frequencySeconds: 900, retentionPoints: 7 },
    monitoring: { startHour: 7 },
  });

  await open(page, 'Overview');
  await page.getByRole('link', { name: 'Protect VMs' }).click();
  await page.getByRole('checkbox', { name: /^WEB01/ }).check();
  for (let step = 1; step <= 2; step++) await page.getByRole('button', { name: 'Next' }).click();
  await expect(page.getByRole('radio', { name: 'Every 15 minutes' })).toBeChecked();
  await expect(page.getByLabel('Recovery points to keep')).toHaveValue('7');
  await page.getByRole('radio', { name: 'Start at a time within 24 hours' }).check();
  await page.getByLabel('Start at', { exact: true }).fill('');
  await expect(page.getByRole('button', { name: 'Next' })).toBeDisabled();
  await page.getByLabel('Start at', { exact: true }).fill('03:30');
  await expectAccessible(page);
  await page.getByRole('button', { name: 'Next' }).click();
  await expect(page.getByText('at the bandwidth limit of 1.01 MB/s')).toBeVisible();
  await page.getByRole('button', { name: 'Protect WEB01' }).click();
  await expect(page.getByRole('heading', { level: 1 })).toHaveText('WEB01');
  await open(page, 'Jobs');
  await expect(page.getByRole('row', { name: /Initial replication WEB01/ })).toContainText('goes on at');
});

test('a support bundle is made by a click, and the page says where it lies', async () => {
  await open(page, 'Settings');
  await page.getByRole('button', { name: 'Make a support bundle' }).click();
  const made = page.getByText(/hvrc-support-.*\.zip/);
  await expect(made).toBeVisible();
  const [path = ''] = /^.*\.zip/.exec((await made.textContent()) ?? '') ?? [];
  expect(readFileSync(path).subarray(0, 2).toString('latin1')).toBe('PK');
});
