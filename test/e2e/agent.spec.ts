import { expect, type Page, test, type WebSocketRoute } from '@playwright/test';
import { hvrc, type RunningAgent, startAgent } from './agent-process.ts';
import { newSite, rowOf, type TestSite, useSampleHost } from './console.ts';

let site: TestSite;
let agent: RunningAgent;

test.beforeAll(async () => {
  site = newSite();
  await useSampleHost(site);
  await hvrc(site.dataDirectory, 'vault', 'add', 'local', site.vaultDirectory);
});

test.afterAll(() => site.remove());

test.beforeEach(async () => {
  agent = await startAgent(site.dataDirectory);
});

test.afterEach(async () => {
  await agent.stop();
});

const expectNoSession = (page: Page) =>
  expect(page.getByRole('heading', { name: 'This page has no session' })).toBeVisible();

test('a page outlives a restart of the agent and says meanwhile that the engine is away', async ({
  page,
}) => {
  await page.goto(agent.link);
  await expect(rowOf(page, 'SQL01')).toBeVisible();
  expect(page.url()).toBe(`${agent.origin}/`);
  expect(await agent.stop()).toBe(0);
  await expect(page.getByText('The engine cannot be reached.')).toBeVisible();
  await expect(rowOf(page, 'SQL01')).toBeVisible();

  agent = await startAgent(site.dataDirectory, Number(new URL(agent.origin).port));
  await expectNoSession(page);
  await page.goto('about:blank');
  await page.goto(agent.link);
  await expect(rowOf(page, 'SQL01')).toBeVisible();
});

test('a second agent shows the engine that runs, and takes over when it ends', async ({ page }) => {
  const second = await startAgent(site.dataDirectory);
  try {
    await page.goto(second.link);
    await expect(rowOf(page, 'SQL01')).toBeVisible();
    await agent.stop();
    await hvrc(site.dataDirectory, 'protect', 'WEB01', '--vault', 'local', '--wait');
    await expect(rowOf(page, 'WEB01')).toContainText('Replicating');
  } finally {
    await second.stop();
  }
});

test('a link opens the console once, and without a session nothing is shown', async ({ page, browser }) => {
  await page.goto(agent.link);
  await expect(rowOf(page, 'WEB01')).toBeVisible();

  for (const address of [agent.link, agent.origin]) {
    const stranger = await browser.newPage();
    await stranger.goto(address);
    await expectNoSession(stranger);
    await expect(stranger.locator('tr')).toHaveCount(0);
    await stranger.close();
  }

  await page.reload();
  await expect(rowOf(page, 'WEB01')).toBeVisible();
});

test('a page whose connection drops says so, connects again and shows what happened meanwhile', async ({
  page,
}) => {
  let reachable = true;
  const open = new Set<WebSocketRoute>();
  await page.routeWebSocket(/.*/, (socket) => {
    if (!reachable) return socket.close();
    socket.connectToServer();
    open.add(socket);
  });
  await page.goto(agent.link);
  await expect(rowOf(page, 'WEB01')).toContainText('Replicating');
  reachable = false;
  for (const socket of open) await socket.close();
  await expect(page.getByText('The engine cannot be reached.')).toBeVisible();
  await hvrc(site.dataDirectory, 'pause', 'WEB01');
  await expect(rowOf(page, 'WEB01')).toContainText('Replicating');
  reachable = true;
  await expect(rowOf(page, 'WEB01')).toContainText('Paused');
  await expect(page.getByText('The engine cannot be reached.')).toBeHidden();
});
