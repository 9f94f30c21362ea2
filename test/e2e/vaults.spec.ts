import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { expect, type Page } from '@playwright/test';
import { Azurite } from '../support/azurite.ts';
import { EntraAuthority } from '../support/entra-authority.ts';
import { localCertificateFile } from '../support/local-certificate.ts';
import { hvrc } from './agent-process.ts';
import { expectAccessible, newSite, open, type TestSite, useSampleHost } from './console.ts';
import { test } from './door-test.ts';

const passphrase = 'correct horse battery';
const dayMs = 24 * 3_600_000;

let site: TestSite;
let page: Page;
let azurite: Azurite;
let authority: EntraAuthority;

test.beforeEach(async ({ door }) => {
  site = newSite();
  mkdirSync(join(site.folder, 'account'));
  azurite = await Azurite.startTls(join(site.folder, 'account'));
  authority = await EntraAuthority.start();
  await useSampleHost(site);
  // A private cloud's certificate and authority, as an administrator tells the engine of them.
  process.env.NODE_EXTRA_CA_CERTS = localCertificateFile;
  process.env.AZURE_AUTHORITY_HOST = authority.url;
  page = await door.begin(site);
  delete process.env.NODE_EXTRA_CA_CERTS;
  delete process.env.AZURE_AUTHORITY_HOST;
  await open(page, 'Vaults');
});

test.afterEach(async ({ door }) => {
  await door.end();
  await azurite.stop();
  await authority.stop();
  site.remove();
});

test('a storage account is added encrypted, removed, and opened again with its passphrase', async () => {
  await page.getByRole('button', { name: 'Add a vault' }).click();
  const form = page.getByRole('region', { name: 'Add a vault' });
  const add = form.getByRole('button', { name: 'Add the vault' });
  await form.getByLabel('Name').fill('cloud');
  await form.getByRole('radio', { name: 'An Azure storage account' }).check();
  await form.getByLabel('Container').fill('Replicas');
  await expect(form.getByText(/^Use 3–63 small letters/)).toBeVisible();
  await form.getByLabel('Container').fill('replicas');
  await form.getByLabel('Connection string').fill('AccountName=shop');
  await expect(form.getByText(/^It has to name an account and its key/)).toBeVisible();
  await form.getByLabel('Connection string').fill(azurite.connectionString);
  await expect(add).toBeEnabled();
  await form.getByRole('checkbox', { name: /^Encrypt everything/ }).check();
  await expect(form.getByText(/^Without the passphrase nobody can restore/)).toBeVisible();
  await form.getByLabel('Passphrase').fill('short');
  await expect(form.getByText('Use 8 characters or more.')).toBeVisible();
  await form.getByLabel('Passphrase').fill(passphrase);
  await form.getByLabel('The same again').fill('something else');
  await expect(form.getByText('The two differ.')).toBeVisible();
  await expect(add).toBeDisabled();
  await expectAccessible(page);
  await form.getByLabel('The same again').fill(passphrase);
  await form.getByLabel('The same again').press('Enter');
  await expect(page.getByText('The vault cloud was added and passed its checks.')).toBeVisible();

  const card = page.getByRole('region', { name: 'cloud' });
  await expect(card).toContainText('Sign-in: Account key, https://localhost');
  await expect(card).toContainText('0 VMs, 0 recovery points');
  await card.getByRole('button', { name: 'Check cloud' }).click();
  await expect(card.getByText('Every right the vault needs is there.')).toBeVisible();
  for (const right of ['Reach', 'Write', 'Read', 'List', 'Snapshot', 'Delete'])
    await expect(card.locator('.checks')).toContainText(right);
  await expectAccessible(page);

  await card.getByRole('button', { name: 'More actions for cloud' }).click();
  await page.getByRole('menuitem', { name: 'Remove …' }).click();
  const dialog = page.getByRole('dialog');
  await expect(dialog).toContainText('Everything at azure:replicas stays there');
  await dialog.getByRole('button', { name: 'Remove the vault' }).click();
  await expect(page.getByText('No vault has been added yet.')).toBeVisible();

  await page.getByRole('button', { name: 'Open an existing vault' }).click();
  const opening = page.getByRole('region', { name: 'Open an existing vault' });
  await opening.getByLabel('Name').fill('found again');
  await opening.getByRole('radio', { name: 'An Azure storage account' }).check();
  await opening.getByLabel('Container').fill('nothing');
  await opening.getByLabel('Connection string').fill(azurite.connectionString);
  const openVault = opening.getByRole('button', { name: 'Open the vault' });
  await openVault.click();
  await expect(opening.getByText(/holds no vault|has no such container/)).toBeVisible();
  await opening.getByLabel('Container').fill('replicas');
  await openVault.click();
  await expect(opening.getByText(/is encrypted\.$/)).toHaveCount(1);
  await opening.getByLabel('Passphrase of the vault').fill('wrong passphrase');
  await openVault.click();
  await expect(opening.getByText(/The passphrase does not open the vault/)).toBeVisible();
  await expectAccessible(page);
  await opening.getByLabel('Passphrase of the vault').fill(passphrase);
  await openVault.click();
  await expect(page.getByText('The vault found again was opened and passed its checks.')).toBeVisible();
});

test('a signature that lacks a right is named, one that ends soon is warned of, and renewed', async () => {
  await page.getByRole('button', { name: 'Add a vault' }).click();
  const form = page.getByRole('region', { name: 'Add a vault' });
  await form.getByLabel('Name').fill('cloud');
  await form.getByRole('radio', { name: 'An Azure storage account' }).check();
  await form.getByLabel('Container').fill('replicas');
  await form.getByLabel('Sign-in').selectOption('sas');
  await form.getByLabel('Storage account', { exact: true }).fill('http://storage.example.com');
  await expect(form.getByText(/must be reached over https/)).toBeVisible();
  await form.getByLabel('Storage account', { exact: true }).fill(azurite.endpoint);
  await form.getByLabel('Signature').fill('sv=2024-01-01');
  await expect(form.getByText('A signature has the parts sv= and sig=.')).toBeVisible();
  await form.getByLabel('Signature').fill(azurite.accountSas('rwdlc', new Date(Date.now() - dayMs)));
  await expect(form.getByText('This signature has ended already.')).toBeVisible();
  await form.getByLabel('Signature').fill(azurite.accountSas('rwlc'));
  await form.getByRole('button', { name: 'Add the vault' }).click();
  await expect(form.getByText('Missing: Delete.')).toBeVisible();
  await expectAccessible(page);
  const endsAt = new Date(Date.now() + 5 * dayMs);
  await form.getByLabel('Signature').fill(`${azurite.endpoint}/?${azurite.accountSas('rwdlc', endsAt)}`);
  await form.getByRole('button', { name: 'Check again' }).click();
  await expect(page.getByText('The vault cloud was added and passed its checks.')).toBeVisible();

  const card = page.getByRole('region', { name: 'cloud' });
  await expect(card).toContainText(/The sign-in ends in (4 d 23 h|5 d)/);
  await expect(card).toContainText('Allows to read, write, delete, list, create.');
  await card.getByRole('button', { name: 'Renew the sign-in of cloud' }).click();
  const dialog = page.getByRole('dialog');
  await expect(dialog.getByLabel('Storage account')).toHaveValue(azurite.endpoint);
  await expect(dialog.getByLabel('Signature')).toHaveValue('');
  await dialog.getByLabel('Sign-in').selectOption('deviceCode');
  await expectAccessible(page);
  authority.pending = true;
  await dialog.getByRole('button', { name: 'Sign in', exact: true }).click();
  const prompt = dialog.getByRole('status', { name: 'Sign in with a code' });
  await expect(prompt).toContainText('https://example.com/device');
  await expect(prompt).toContainText('ABCD-1234');
  await page.context().grantPermissions(['clipboard-read', 'clipboard-write']);
  await prompt.getByRole('button', { name: 'Copy the code' }).click();
  expect(await page.evaluate(() => navigator.clipboard.readText())).toBe('ABCD-1234');
  await expectAccessible(page);
  authority.pending = false;
  await expect(page.getByText('The vault cloud has a new sign-in and passed its checks.')).toBeVisible();
  await expect(card).toContainText('Sign-in: Microsoft Entra ID, a person with a code');
  await expect(card.getByRole('button', { name: 'Renew the sign-in of cloud' })).toHaveCount(0);
});

test('a folder is renamed, and kept while VMs are replicated into it', async () => {
  await hvrc(site.dataDirectory, 'vault', 'add', 'usb', site.vaultDirectory);
  await hvrc(site.dataDirectory, 'protect', 'WEB01', '--vault', 'usb', '--wait');
  await page.reload();
  const card = (name: string) => page.getByRole('region', { name, exact: true });
  await expect(card('usb')).toContainText('1 VM, 1 recovery point');
  await card('usb').getByRole('button', { name: 'More actions for usb' }).click();
  await expect(page.getByRole('menuitem', { name: 'Renew the sign-in …' })).toHaveCount(0);
  await page.getByRole('menuitem', { name: 'Rename …' }).click();
  const dialog = page.getByRole('dialog');
  await dialog.getByLabel('New name').fill('-');
  await expect(dialog.getByText(/^Use 1–63 letters/)).toBeVisible();
  await dialog.getByLabel('New name').fill('second disk');
  await expectAccessible(page);
  await dialog.getByLabel('New name').press('Enter');
  await expect(page.getByText('The vault usb is called second disk now.')).toBeVisible();
  await card('second disk').getByRole('button', { name: 'More actions for second disk' }).click();
  await page.getByRole('menuitem', { name: 'Remove …' }).click();
  await expect(dialog).toContainText('It is in use: WEB01.');
  await expect(dialog).toContainText('It holds 1 recovery point of WEB01.');
  await expect(dialog.getByRole('button', { name: 'Remove the vault' })).toBeDisabled();
  await expectAccessible(page);
  await page.keyboard.press('Escape');
  await hvrc(site.dataDirectory, 'unprotect', 'WEB01');
  await card('second disk').getByRole('button', { name: 'More actions for second disk' }).click();
  await page.getByRole('menuitem', { name: 'Remove …' }).click();
  await dialog.getByRole('button', { name: 'Remove the vault' }).click();
  await expect(page.getByText(/^The vault second disk is forgotten/)).toBeVisible();
  // The menu that the dialog came from is gone with the card: nothing stays hidden, and the focus is not lost.
  await expect(page.locator('#root')).not.toHaveAttribute('aria-hidden');
  await expect(page.locator('#content')).toBeFocused();
  await expectAccessible(page);
  await page.getByRole('button', { name: 'Open an existing vault' }).click();
  const opening = page.getByRole('region', { name: 'Open an existing vault' });
  await opening.getByLabel('Name').fill('found');
  await opening.getByRole('textbox', { name: 'Folder' }).fill(site.vaultDirectory);
  await opening.getByRole('button', { name: 'Open the vault' }).click();
  await expect(card('found')).toContainText('WEB01');
});
