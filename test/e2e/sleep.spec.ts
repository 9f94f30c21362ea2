import { expect, type Page } from '@playwright/test';
import { hvrc } from './agent-process.ts';
import { newSite, rowOf, type TestSite, useSampleHost, writeIntoWeb01 } from './console.ts';
import { test } from './door-test.ts';

let site: TestSite;

test.beforeEach(async () => {
  site = newSite();
  await useSampleHost(site);
  await hvrc(site.dataDirectory, 'vault', 'add', 'local', site.vaultDirectory);
  await hvrc(site.dataDirectory, 'protect', 'WEB01', '--vault', 'local', '--wait');
});

test.afterEach(async ({ door }) => {
  await door.end();
  site.remove();
});

const setLifecycle = async (page: Page, state: 'frozen' | 'active'): Promise<void> => {
  const session = await page.context().newCDPSession(page);
  await session.send('Page.setWebLifecycleState', { state });
};

test('a page that slept shows by itself what happened meanwhile', async ({ door }) => {
  const page = await door.begin(site);
  await expect(rowOf(page, 'WEB01')).toContainText('Replicating');
  await setLifecycle(page, 'frozen');
  writeIntoWeb01(site);
  await hvrc(site.dataDirectory, 'sync', 'WEB01');
  await hvrc(site.dataDirectory, 'pause', 'WEB01');
  await setLifecycle(page, 'active');
  await expect(rowOf(page, 'WEB01')).toContainText('Paused');
  await expect(page.getByRole('heading', { level: 1 })).toContainText('Replication is paused');
});
