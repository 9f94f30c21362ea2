import { mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from '@playwright/test';
import { hvrc } from './agent-process.ts';
import {
  chooseFromMenu,
  click,
  expectAccessible,
  expectAccessibleInEveryTheme,
  newSite,
  open,
  protectFromNothing,
  rowOf,
  type TestSite,
  useSampleHost,
  writeIntoWeb01,
} from './console.ts';
import { test } from './door-test.ts';

let site: TestSite;
test.afterEach(async ({ door, faults }) => {
  await door.end();
  expect(faults).toEqual([]);
});

test.describe('with a site of its own', () => {
  test.beforeEach(() => {
    site = newSite();
  });
  test.afterEach(async ({ door }) => {
    await door.end();
    site.remove();
  });

  test('an administrator gets from nothing to a protected VM in ten clicks, and works with it', async ({
    door,
  }) => {
    const page = await door.begin(site);
    const clicks = await protectFromNothing(page, site, expectAccessible);
    expect(clicks).toBeLessThanOrEqual(10);
    await expectAccessible(page);

    await open(page, 'Overview');
    await expect(page.getByRole('heading', { level: 1 })).toHaveText('1 of 3 VMs is protected.');
    await expect(rowOf(page, 'WEB01')).toContainText('vault local');
    await expect(rowOf(page, 'SQL01')).toContainText('Not protected');
    await expectAccessible(page);

    await chooseFromMenu(page, 'WEB01', 'Pause');
    await expect(rowOf(page, 'WEB01')).toContainText('Paused');
    await expect(page.getByRole('heading', { level: 1 })).toContainText('Replication is paused');
    await rowOf(page, 'WEB01').getByRole('button', { name: 'Resume' }).click();
    await expect(rowOf(page, 'WEB01')).toContainText('Replicating');

    writeIntoWeb01(site);
    await rowOf(page, 'WEB01').getByRole('button', { name: 'Sync now' }).click();
    await page.getByRole('link', { name: 'Show the job' }).click();
    await expect(page.getByText(/4\.\d+ MB changed, .* sent; crash-consistent/)).toBeVisible();
    await expectAccessible(page);

    await page.getByRole('link', { name: 'WEB01' }).first().click();
    await chooseFromMenu(page, 'WEB01', 'Verify replica');
    await page.getByRole('link', { name: 'Show the job' }).click();
    await expect(page.getByText(/All [\d,]+ blocks are the same as at the source/)).toBeVisible();
  });

  test('a vault that is away: what happened, what is safe, when it is tried again, and by hand', async ({
    door,
  }) => {
    await useSampleHost(site);
    await hvrc(site.dataDirectory, 'vault', 'add', 'local', site.vaultDirectory);
    await hvrc(site.dataDirectory, 'protect', 'WEB01', '--vault', 'local', '--wait');
    const page = await door.begin(site);
    await expect(rowOf(page, 'WEB01')).toContainText('Replicating');
    renameSync(site.vaultDirectory, `${site.vaultDirectory}-away`);
    writeIntoWeb01(site);
    await rowOf(page, 'WEB01').getByRole('button', { name: 'Sync now' }).click();
    await expect(page.getByRole('heading', { level: 1 })).toContainText('Next try');
    await expectAccessible(page);

    await open(page, 'WEB01');
    const trouble = page.locator('.trouble');
    await expect(trouble).toContainText('is safe at the vault; nothing newer is.');
    await expect(trouble).toContainText(/Changes since then are being tracked \(4\.\d+ MB/);
    await expect(trouble).toContainText(/tried again by itself at .* in 0[01]:\d\d/);
    await trouble.getByText('Details').click();
    await expect(trouble.getByText('VAULT_UNREACHABLE', { exact: true })).toBeVisible();
    await expect(trouble.getByRole('region', { name: /^The engine’s log at that time/ })).toContainText(
      'VAULT_UNREACHABLE',
    );
    await trouble.getByRole('button', { name: 'Copy' }).click();
    await expect(trouble.getByRole('button', { name: 'Copied' })).toBeVisible();
    await expectAccessible(page);
    await page.getByRole('tab', { name: 'Timeline' }).click();
    await expect(page.locator('.rung-next')).toContainText(/next in 0[01]:\d\d/);
    await expectAccessible(page);

    await open(page, 'Settings');
    await page.getByLabel('Language').selectOption('Nederlands');
    await open(page, 'Overzicht');
    await expect(page.getByRole('heading', { level: 1 })).toContainText(
      'WEB01: De kluis is niet bereikbaar.',
    );
    await open(page, 'WEB01');
    await expect(trouble).toContainText(
      'De laatste poging is mislukt; het wordt vanzelf opnieuw geprobeerd. De kluis',
    );
    await trouble.getByText('Details').click();
    await expect(trouble).toContainText('Verbind de share, de schijf of het netwerk');
    await open(page, 'Instellingen');
    await page.getByLabel('Taal').selectOption('English');
    await open(page, 'Overview');
    await open(page, 'WEB01');
    await page.getByRole('tab', { name: 'Timeline' }).click();

    renameSync(`${site.vaultDirectory}-away`, site.vaultDirectory);
    await trouble.getByRole('button', { name: 'Retry now' }).click();
    await expect(page.locator('.ladder')).toHaveCount(0);
    await expect(page.getByRole('row', { name: /Replication cycle Succeeded/ }).first()).toBeVisible();
  });

  test('the wizard says beside the field what is wrong, and loses nothing', async ({ door }) => {
    await useSampleHost(site);
    const page = await door.begin(site);
    const folder = page.getByRole('textbox', { name: 'Folder' });
    await folder.fill('vault');
    await expect(page.getByText('Give the full path')).toBeVisible();
    const occupied = join(site.folder, 'occupied');
    mkdirSync(occupied);
    writeFileSync(join(occupied, 'other.txt'), 'not a vault');
    await folder.fill(occupied);
    await click(page, 'Add the vault');
    await expect(page.getByText(/is not a vault|other files/)).toBeVisible();
    await folder.fill(site.vaultDirectory);
    await click(page, 'Add the vault');

    await page.getByRole('checkbox', { name: /^FILESRV/ }).check();
    const system = page.getByRole('checkbox', { name: /operating system, always replicated/ });
    await expect(system).toBeDisabled();
    await page.locator('.disk-choices input:enabled').uncheck();
    await click(page, 'Next');
    await click(page, 'Next');
    await page.getByLabel('Recovery points to keep').fill('none');
    await expect(page.getByText('Give a whole number from 1 to 1000.')).toBeVisible();
    await expect(page.getByRole('button', { name: 'Next' })).toBeDisabled();
    await page.getByLabel('Recovery points to keep').fill('7');
    await click(page, 'Back');
    await click(page, 'Next');
    await expect(page.getByLabel('Recovery points to keep')).toHaveValue('7');

    renameSync(site.vaultDirectory, `${site.vaultDirectory}-away`);
    await click(page, 'Next');
    await expect(page.getByRole('heading', { name: /check.? failed/ })).toBeVisible();
    await expect(page.getByRole('button', { name: 'Protect FILESRV' })).toBeDisabled();
    await expectAccessibleInEveryTheme(page);
    renameSync(`${site.vaultDirectory}-away`, site.vaultDirectory);
    await click(page, 'Check again');
    await click(page, 'Protect FILESRV');
    await expect(page.getByText('This disk was left out')).toBeVisible();
  });
});

test('several VMs are resynchronized by one dialog, and every part of a VM’s page is for everybody’s eyes', async ({
  door,
}) => {
  site = newSite();
  await useSampleHost(site);
  await hvrc(site.dataDirectory, 'vault', 'add', 'local', site.vaultDirectory);
  for (const vm of ['WEB01', 'FILESRV'])
    await hvrc(site.dataDirectory, 'protect', vm, '--vault', 'local', '--wait');
  const page = await door.begin(site);
  for (const vm of ['WEB01', 'FILESRV'])
    await rowOf(page, vm)
      .getByRole('checkbox', { name: `Select ${vm}` })
      .press('Space');
  await click(page, 'Resynchronize');
  const dialog = page.getByRole('dialog', { name: 'Resynchronize 2 VMs' });
  await expect(dialog).toContainText('FILESRV, WEB01');
  await expectAccessibleInEveryTheme(page);
  await page.keyboard.press('Escape');
  await expect(dialog).toBeHidden();
  await open(page, 'WEB01');
  await expect(page.getByRole('tab')).toHaveCount(8);
  for (const tab of await page.getByRole('tab').all()) {
    await tab.click();
    await expect(tab).toHaveAttribute('aria-selected', 'true');
    await expectAccessibleInEveryTheme(page);
  }
  await door.end();
  site.remove();
});

test.describe('with a protected VM', () => {
  test.beforeAll(async () => {
    site = newSite();
    await useSampleHost(site);
    await hvrc(site.dataDirectory, 'vault', 'add', 'local', site.vaultDirectory);
    await hvrc(site.dataDirectory, 'protect', 'WEB01', '--vault', 'local', '--wait');
  });
  test.afterAll(() => site.remove());

  test('the table sorts, filters and searches, and works by keyboard', async ({ door }) => {
    const page = await door.begin(site);
    const names = page.locator('tbody th[scope="row"] a');
    await expect(names).toHaveText(['WEB01', 'FILESRV', 'SQL01']);
    await page.getByRole('button', { name: 'Virtual machine' }).press('Enter');
    await expect(names).toHaveText(['FILESRV', 'SQL01', 'WEB01']);
    await expect(page.getByRole('columnheader', { name: 'Virtual machine' })).toHaveAttribute(
      'aria-sort',
      'ascending',
    );
    await page.getByRole('combobox', { name: 'Show' }).selectOption('Not protected');
    await expect(names).toHaveText(['FILESRV', 'SQL01']);
    await page.getByLabel('Search VMs').fill('web');
    await click(page, 'Show all VMs');
    await page.getByRole('checkbox', { name: 'Select all VMs' }).press('Space');
    await expect(page.getByText('3 VMs selected')).toBeVisible();
    await expectAccessible(page);
    await click(page, 'Pause');
    await expect(rowOf(page, 'WEB01')).toContainText('Paused');
    await click(page, 'Resume');
    await expect(rowOf(page, 'WEB01')).toContainText('Replicating');
    await page.locator('.toolbar').getByRole('link', { name: 'Protect' }).press('Enter');
    await expect(page.getByRole('heading', { level: 1 })).toHaveText('Protect VMs');
    await expect(page.getByRole('checkbox', { name: /^SQL01 \(/ })).toBeChecked();
  });

  test('jobs, events, vaults and settings', async ({ door }) => {
    const page = await door.begin(site);
    await open(page, 'Jobs');
    await click(page, /^Steps of job/);
    await expect(page.getByText('done').first()).toBeVisible();
    await expectAccessible(page);

    await open(page, 'Events');
    await page.getByLabel('Search events').fill('no such event');
    await expect(page.getByText('No event fits')).toBeVisible();
    await page.getByLabel('Search events').fill('');
    const downloading = page.waitForEvent('download');
    await click(page, 'Export as CSV');
    const csv = readFileSync(await (await downloading).path(), 'utf8');
    expect(csv).toContain('id,at,level,code,class,vm,disk,text\r\n');
    expect(csv).toContain('"WEB01"');
    await expectAccessible(page);

    await open(page, 'Vaults');
    await click(page, 'Check local');
    await expect(page.getByText('Every right the vault needs is there.')).toBeVisible();
    await click(page, 'Add a vault');
    await page.getByLabel('Name').fill('local');
    await expect(page.getByText('There is a vault of that name already.')).toBeVisible();
    await expectAccessible(page);

    await open(page, 'Settings');
    for (const theme of ['dark', 'highContrast', 'light'] as const) {
      const label = { dark: 'Dark', highContrast: 'High contrast', light: 'Light' }[theme];
      await page.getByRole('radio', { name: label, exact: true }).check();
      await expect(page.locator(`.shell[data-theme="${theme}"]`)).toBeVisible();
      await expectAccessible(page);
    }
    await page.getByRole('radio', { name: 'Compact' }).check();
    await page.getByLabel('Language').selectOption('Nederlands');
    await expect(page.getByRole('heading', { level: 1 })).toHaveText('Beleid en instellingen');
    await open(page, 'Taken');
    await click(page, /^Stappen van taak/);
    await expect(
      page.getByText(/^(WEB01\.vhd kopiëren|Replica vastleggen|Als beveiligd markeren)/),
    ).not.toHaveCount(0);
    await expectAccessible(page);
    await open(page, 'Instellingen');
    await page.getByLabel('Taal').selectOption('English');
    await page.reload();
    await expect(page.locator('.shell[data-theme="light"][data-density="compact"]')).toBeVisible();
    // The desktop's page keeps it for the tests that follow.
    await page.getByRole('radio', { name: 'As the system' }).check();
    await page.getByRole('radio', { name: 'Comfortable' }).check();
    await expect(page.locator('.shell[data-density="comfortable"]')).toBeVisible();
  });

  test('every part of a VM’s page says what is there', async ({ door }) => {
    writeIntoWeb01(site);
    await hvrc(site.dataDirectory, 'sync', 'WEB01');
    const page = await door.begin(site);
    await open(page, 'WEB01');

    const disk = page.getByRole('region', { name: 'WEB01.vhd' });
    await expect(disk).toContainText('50 % → resynchronization at 48.0 MB');
    await expect(disk).toContainText(join(site.vaultDirectory, 'WEB01'));
    await page.getByRole('tab', { name: 'Timeline' }).click();
    await expect(page.getByRole('row', { name: /Initial replication Succeeded/ })).toBeVisible();
    await expectAccessible(page);
    await page.getByRole('tab', { name: 'Events' }).click();
    await expect(page.getByRole('cell', { name: /WEB01/ }).first()).toBeVisible();

    await page.getByRole('tab', { name: 'Recovery points' }).click();
    await page
      .getByRole('button', { name: /^Restore the point/ })
      .first()
      .click();
    const target = page.getByRole('textbox', { name: 'Into the folder' });
    await target.fill('restored');
    await expect(page.getByText('Give the full path')).toBeVisible();
    await expect(page.getByRole('button', { name: 'Restore', exact: true })).toBeDisabled();
    const restored = join(site.folder, 'restored');
    await target.fill(restored);
    await expectAccessible(page);
    await target.press('Enter');
    await page.getByRole('link', { name: 'Show the job' }).click();
    await expect(page.getByText('1 disk restored and verified')).toBeVisible();

    await page.getByRole('link', { name: 'WEB01' }).first().click();
    await chooseFromMenu(page, 'WEB01', 'Disable protection');
    await page.getByRole('radio', { name: 'Delete the replica and its recovery points' }).check();
    await expect(page.getByText(/2 recovery points of 1 disk \(96\.0 MB\) will be lost/)).toBeVisible();
    await expect(page.getByRole('button', { name: 'Disable and delete' })).toBeDisabled();
    await expectAccessibleInEveryTheme(page);
    await page.getByLabel('Type WEB01 to confirm').fill('WEB01');
    await click(page, 'Disable and delete');
    await expect(page.getByText('This VM is not protected.')).toBeVisible();
  });
});
