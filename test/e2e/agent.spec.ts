import { expect, test } from '@playwright/test';
import { hvrc, type RunningAgent, startAgent } from './agent-process.ts';
import { createSite, protectAndWatch, rowOf, type SampleSite } from './console.ts';

let site: SampleSite;
let agent: RunningAgent;

test.beforeEach(async () => {
  site = await createSite();
  agent = await startAgent(site.dataDirectory);
});

test.afterEach(async () => {
  await agent.stop();
  site.remove();
});

test('an administrator protects a VM and sees it live in the browser', async ({ page }) => {
  const faults: string[] = [];
  page.on('pageerror', (error) => faults.push(error.message));
  page.on('console', (message) => message.type() === 'error' && faults.push(message.text()));
  await page.goto(agent.link);
  await protectAndWatch(page, site);
  expect(page.url()).toBe(`${agent.origin}/`);
  expect(faults).toEqual([]);
});

test('a page outlives a restart of the agent and says meanwhile that the engine is away', async ({
  page,
}) => {
  await hvrc(site.dataDirectory, 'host', 'use', site.hostDirectory);
  await page.goto(agent.link);
  await expect(rowOf(page, 'SQL01')).toBeVisible();
  expect(await agent.stop()).toBe(0);
  await expect(page.getByText('The engine cannot be reached.')).toBeVisible();
  await expect(rowOf(page, 'SQL01')).toBeVisible();

  agent = await startAgent(site.dataDirectory, Number(new URL(agent.origin).port));
  await expect(page.getByRole('heading', { name: 'This page has no session' })).toBeVisible();
  await page.goto('about:blank');
  await page.goto(agent.link);
  await expect(rowOf(page, 'SQL01')).toBeVisible();
});

test('a second agent shows the engine that runs, and takes over when it ends', async ({ page }) => {
  await hvrc(site.dataDirectory, 'host', 'use', site.hostDirectory);
  const second = await startAgent(site.dataDirectory);
  try {
    await page.goto(second.link);
    await expect(rowOf(page, 'SQL01')).toBeVisible();
    await agent.stop();
    await hvrc(site.dataDirectory, 'vault', 'add', 'local', site.vaultDirectory);
    await hvrc(site.dataDirectory, 'protect', 'WEB01', '--vault', 'local', '--wait');
    await expect(rowOf(page, 'WEB01')).toContainText('Replicating');
  } finally {
    await second.stop();
  }
});

test('a link opens the console once, and without a session nothing is shown', async ({ page, browser }) => {
  await hvrc(site.dataDirectory, 'host', 'use', site.hostDirectory);
  await page.goto(agent.link);
  await expect(rowOf(page, 'WEB01')).toBeVisible();

  for (const address of [agent.link, agent.origin]) {
    const stranger = await browser.newPage();
    await stranger.goto(address);
    await expect(stranger.getByRole('heading', { name: 'This page has no session' })).toBeVisible();
    await expect(stranger.locator('tr')).toHaveCount(0);
    await stranger.close();
  }

  await page.reload();
  await expect(rowOf(page, 'WEB01')).toBeVisible();
});
