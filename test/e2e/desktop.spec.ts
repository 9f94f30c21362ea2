import { existsSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type BrowserContext, expect, test } from '@playwright/test';
import { hvrc } from './agent-process.ts';
import {
  newSite,
  protectFromNothing,
  rowOf,
  type TestSite,
  useSampleHost,
  writeIntoWeb01,
} from './console.ts';
import { DesktopProcess, openScreen } from './desktop-process.ts';

let site: TestSite;
let context: BrowserContext;
let desktops: DesktopProcess[];

/** Starts the desktop; `args` are its command line. */
const start = (...args: readonly string[]): DesktopProcess => {
  const desktop = new DesktopProcess(site, context, args);
  desktops.push(desktop);
  return desktop;
};

test.beforeEach(async ({ launchOptions }) => {
  site = newSite();
  desktops = [];
  context = await openScreen(site, launchOptions);
});

test.afterEach(async () => {
  for (const desktop of desktops) await desktop.kill();
  await context.close();
  site.remove();
});

const protectWeb01 = async (): Promise<void> => {
  await useSampleHost(site);
  await hvrc(site.dataDirectory, 'vault', 'add', 'local', site.vaultDirectory);
  await hvrc(site.dataDirectory, 'protect', 'WEB01', '--vault', 'local', '--wait');
};

test('the desktop’s bundles show the same console; closed, replication goes on beside the clock', async () => {
  const desktop = start();
  const page = await desktop.nextPage();
  await protectFromNothing(page, site);
  await desktop.expectTray({
    image: 'normal.png',
    toolTip: 'Hyper-V Replica Console\nAll protected VMs are well',
  });

  await page.close();
  await expect.poll(() => desktop.notifications).toMatchObject([{ title: 'Replication goes on' }]);
  await hvrc(site.dataDirectory, 'sync', 'WEB01');
  expect(desktop.runs).toBe(true);

  desktop.does('clickTray');
  const again = await desktop.nextPage();
  await expect(rowOf(again, 'WEB01')).toContainText('Replicating');
  desktop.does('chooseInTray', 'Quit');
  expect(await desktop.exited()).toEqual([0, null]);
  // Orderly: the engine has given its lock and socket back.
  expect(existsSync(join(site.dataDirectory, 'engine.sock'))).toBe(false);
});

test('everything is paused and resumed from the tray, whose icon shows health', async () => {
  await protectWeb01();
  const desktop = start();
  const page = await desktop.nextPage();
  await expect(rowOf(page, 'WEB01')).toContainText('Replicating');
  await desktop.expectTray({
    image: 'normal.png',
    menu: [
      { label: 'All protected VMs are well', enabled: false },
      { label: 'Open', enabled: true },
      { label: 'Pause all', enabled: true },
      { label: 'Resume all', enabled: false },
      { label: 'Quit', enabled: true },
    ],
  });
  desktop.does('chooseInTray', 'Pause all');
  await expect(rowOf(page, 'WEB01')).toContainText('Paused');
  await desktop.expectTray({
    image: 'warning.png',
    toolTip: 'Hyper-V Replica Console\nNeeds attention: WEB01',
  });
  desktop.does('chooseInTray', 'Resume all');
  await expect(rowOf(page, 'WEB01')).toContainText('Replicating');
  await desktop.expectTray({ image: 'normal.png' });
  // What somebody chose is no news.
  expect(desktop.notifications).toEqual([]);
});

test('trouble shows outside the window, and a notification opens it', async () => {
  await protectWeb01();
  const desktop = start('--hidden');
  await desktop.expectTray({ image: 'normal.png' });
  expect(context.pages()).toHaveLength(1);
  renameSync(site.vaultDirectory, `${site.vaultDirectory}-away`);
  writeIntoWeb01(site);
  await expect(hvrc(site.dataDirectory, 'sync', 'WEB01')).rejects.toThrow('cannot be reached');
  await desktop.expectTray({ image: 'warning.png' });
  await hvrc(site.dataDirectory, 'alerts', 'test', 'desktop');
  await expect.poll(() => desktop.notifications.length).toBe(1);
  desktop.does('clickNotification');
  const page = await desktop.nextPage();
  await expect(page.getByRole('heading', { level: 1 })).toContainText('WEB01');

  renameSync(`${site.vaultDirectory}-away`, site.vaultDirectory);
  await page.getByRole('button', { name: 'Retry now' }).first().click();
  await desktop.expectTray({ image: 'normal.png' });
});

test('a second start shows the window of the first', async () => {
  const desktop = start();
  const page = await desktop.nextPage();
  await expect(page.getByRole('heading', { name: 'Welcome.' })).toBeVisible();
  await page.close();
  const second = start();
  expect(await second.exited()).toEqual([0, null]);
  const again = await desktop.nextPage();
  await expect(again.getByRole('heading', { name: 'Welcome.' })).toBeVisible();
});

test('the window comes back as it was, and on a screen that is there', async () => {
  const desktop = start();
  const page = await desktop.nextPage();
  await expect(page.getByRole('heading', { name: 'Welcome.' })).toBeVisible();
  await expect.poll(() => desktop.window?.bounds).toMatchObject({ width: 1280, height: 800 });
  const bounds = { x: 300, y: 40, width: 1000, height: 700 };
  desktop.does('place', bounds);
  desktop.does('maximize');
  await expect.poll(() => desktop.window).toEqual({ bounds, maximized: true });
  await page.close();
  await expect.poll(() => desktop.notifications.length).toBe(1);
  desktop.does('clickTray');
  await desktop.nextPage();
  await expect.poll(() => desktop.window).toEqual({ bounds, maximized: true });
  desktop.signal('SIGTERM');
  expect(await desktop.exited()).toEqual([0, null]);

  // The screen it stood on was taken away.
  const file = join(site.dataDirectory, 'window.json');
  const kept = JSON.parse(readFileSync(file, 'utf8')) as { bounds: object };
  writeFileSync(file, JSON.stringify({ ...kept, bounds: { ...bounds, x: 5000 } }));
  const next = start();
  await next.nextPage();
  await expect.poll(() => next.window?.bounds).toMatchObject({ x: 100, width: 1280 });
});

test('the desktop ends orderly when the system asks it to', async () => {
  const desktop = start();
  const page = await desktop.nextPage();
  await expect(page.getByRole('heading', { name: 'Welcome.' })).toBeVisible();
  desktop.does('resume');
  await expect(page.getByRole('heading', { name: 'Welcome.' })).toBeVisible();
  desktop.signal('SIGTERM');
  expect(await desktop.exited()).toEqual([0, null]);
});
