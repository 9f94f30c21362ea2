import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { type BrowserContext, chromium, expect, test } from '@playwright/test';
import { newSite, protectFromNothing, type TestSite } from './console.ts';

const root = join(import.meta.dirname, '../..');

let site: TestSite;
let context: BrowserContext;
let desktop: ChildProcess;

test.beforeEach(async ({ launchOptions }) => {
  site = newSite();
  const profile = join(site.folder, 'profile');
  context = await chromium.launchPersistentContext(profile, {
    ...launchOptions,
    args: [...(launchOptions.args ?? []), '--remote-debugging-port=0'],
  });
  const port = readFileSync(join(profile, 'DevToolsActivePort'), 'utf8').split('\n')[0];
  desktop = spawn(
    process.execPath,
    ['--import', join(root, 'test/e2e/stand-in/register.ts'), join(root, 'out/main/index.js')],
    {
      stdio: 'inherit',
      env: {
        ...process.env,
        HVRC_DATA: site.dataDirectory,
        HVRC_STAND_IN_BROWSER: `http://127.0.0.1:${port}`,
      },
    },
  );
});

test.afterEach(async () => {
  if (desktop.exitCode === null) {
    desktop.kill('SIGKILL');
    await once(desktop, 'exit');
  }
  await context.close();
  site.remove();
});

test('the desktop’s bundles show the same console, and end with their window', async () => {
  const page = await context.waitForEvent('page');
  await protectFromNothing(page, site);
  const exited = once(desktop, 'exit');
  await page.close();
  expect(await exited).toEqual([0, null]);
});

test('the desktop ends orderly when the system asks it to', async () => {
  const page = await context.waitForEvent('page');
  await expect(page.getByRole('heading', { name: 'Welcome.' })).toBeVisible();
  const exited = once(desktop, 'exit');
  desktop.kill('SIGTERM');
  expect(await exited).toEqual([0, null]);
});
