import { expect, type Page } from '@playwright/test';
import { localCertificateFile } from '../support/local-certificate.ts';
import { MailServer, mailPassword, mailUser } from '../support/mail-server.ts';
import { expectAccessible, newSite, open, type TestSite, useSampleHost } from './console.ts';
import { test } from './door-test.ts';

let site: TestSite;
let page: Page;
let mail: MailServer;
let port: number;

test.beforeEach(async ({ door }) => {
  site = newSite();
  mail = new MailServer();
  port = await mail.listen();
  await useSampleHost(site);
  // As an administrator does for a mail server with a certificate of their own authority.
  process.env.NODE_EXTRA_CA_CERTS = localCertificateFile;
  page = await door.begin(site);
  delete process.env.NODE_EXTRA_CA_CERTS;
  await open(page, 'Alerts');
});

test.afterEach(async ({ door }) => {
  await door.end();
  await mail.close();
  site.remove();
});

test('an administrator sets up e-mail, sees what is wrong while typing, and tests it', async () => {
  await expect(page.getByText('No alert holds now.')).toBeVisible();
  await expectAccessible(page);
  const card = page.getByRole('region', { name: 'By e-mail' });
  const save = card.getByRole('button', { name: 'Save' });
  await card.getByLabel('Send alerts by e-mail').check();
  await expect(card.getByText('Give the name or address of a server.')).toBeVisible();
  await expect(save).toBeDisabled();
  await card.getByLabel('Mail server').fill('mail.example.org');
  await card.getByLabel('Encryption').selectOption('none');
  await expect(card.getByLabel('Port')).toHaveValue('25');
  await expect(card.getByText('Without encryption only to a server on this machine.')).toBeVisible();
  await expectAccessible(page);
  await card.getByLabel('Encryption').selectOption('tls');
  await card.getByLabel('Mail server').fill('127.0.0.1');
  await card.getByLabel('Port').fill('99999');
  await expect(card.getByText('Give a whole number from 1 to 65535.')).toBeVisible();
  await card.getByLabel('Port').fill(String(port));
  await card.getByLabel('User name').fill(mailUser);
  await card.getByLabel('Password').fill('wrong');
  await card.getByLabel('Sender').fill('hvrc@example.org');
  await card.getByLabel('Recipients').fill('admin@example.org, nobody');
  await expect(card.getByText('Give addresses like admin@example.org.')).toBeVisible();
  await card.getByLabel('Recipients').fill('admin@example.org, second@example.org');
  await save.click();
  await expect(page.getByText('The settings were saved.')).toBeVisible();
  await expect(card.getByLabel('Password')).toHaveValue('');
  await expect(card.getByText('One is kept and never shown')).toBeVisible();

  const sendTest = card.getByRole('button', { name: 'Send a test by e-mail' });
  await sendTest.click();
  await expect(card.getByText(/^The sign-in was refused by the mail server/).first()).toBeVisible();
  await expectAccessible(page);
  await card.getByLabel('Password').fill(mailPassword);
  await save.click();
  await expect(card.getByLabel('Password')).toHaveValue('');
  await sendTest.click();
  await expect(card.getByText('The mail server took the message.')).toBeVisible();
  expect(mail.received).toMatchObject([
    { to: ['admin@example.org', 'second@example.org'], user: mailUser, secure: true },
  ]);

  await page.reload();
  await expect(card.getByLabel('Recipients')).toHaveValue('admin@example.org, second@example.org');
  await expect(card.getByLabel('Password')).toHaveValue('');
  expect(await page.content()).not.toContain(mailPassword);
});

test('a message for the desktop is shown on every view until it is dismissed', async () => {
  await page.getByRole('button', { name: 'Send a test on the desktop' }).click();
  await expect(page.getByText('Sent to every open console.')).toBeVisible();
  const message = page.getByText('Nothing has happened.');
  await expect(message).toBeVisible();
  await expectAccessible(page);
  await open(page, 'Overview');
  await expect(message).toBeVisible();
  await page.getByRole('button', { name: 'Dismiss: Test message' }).click();
  await expect(message).toBeHidden();
});

test('metrics and calls are set up on the page, with what is wrong beside the field', async () => {
  const form = page.getByRole('form', { name: 'For other programs' });
  await form.getByLabel('Serve metrics for Prometheus on this machine').check();
  await form.getByLabel('Call a watcher after successful cycles').check();
  await form.getByLabel('Address to call').fill('ftp://example.org');
  await expect(form.getByText('Give a full address, beginning with https://')).toBeVisible();
  await form.getByLabel('Address to call').fill('http://127.0.0.1:9/ping');
  await form.getByLabel('Port').fill(String(port));
  await form.getByRole('button', { name: 'Save' }).click();
  await expect(form.getByText(/another program uses it/)).toBeVisible({ timeout: 20_000 });
  await expectAccessible(page);
});
