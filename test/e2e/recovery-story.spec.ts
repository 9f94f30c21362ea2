import { renameSync } from 'node:fs';
import { expect as expectSoon, type Page, test } from '@playwright/test';
import { hvrc, startAgent } from './agent-process.ts';
import { expectAccessible, newSite, open, rowOf, type TestSite, writeIntoWeb01 } from './console.ts';

/** A console to look at, whose engine can be ended in the middle of what it does and started again. */
interface Door {
  /** Starts the engine and shows its page. */
  begin(): Promise<Page>;
  /** Ends it orderly. */
  end(): Promise<void>;
}

test.use({ contextOptions: { reducedMotion: 'reduce' } });
test.setTimeout(240_000);

/** Real disks and a real engine: what takes a second here takes ten on a busy machine. */
const expect = expectSoon.configure({ timeout: 20_000 });
const mebibyte = 1024 * 1024;
/** A cycle every 30 seconds, and what the machine takes. */
const cycleMs = 60_000;

const click = (page: Page, name: string | RegExp) =>
  page.getByRole('button', { name, exact: true }).first().click();

const chooseFromMenu = async (page: Page, vm: string, item: string): Promise<void> => {
  await click(page, `More actions for ${vm}`);
  await page.getByRole('menuitem', { name: item, exact: true }).click();
};

const limit = (site: TestSite, bits: number | null) =>
  hvrc(
    site.dataDirectory,
    'settings',
    'set',
    'bandwidth',
    JSON.stringify({ workHoursBps: bits, otherBps: bits }),
  );

/** From an empty console to a first copy that has begun, slowly enough to be looked at. */
const protect = async (page: Page, site: TestSite): Promise<void> => {
  await page.getByRole('textbox', { name: 'New folder' }).fill(site.hostDirectory);
  await click(page, 'Create a sample site');
  await expect(page.getByText(`3 VMs in ${site.hostDirectory}`)).toBeVisible();
  await page.getByRole('textbox', { name: 'Folder' }).fill(site.vaultDirectory);
  await click(page, 'Add the vault');
  await page.getByRole('checkbox', { name: /^WEB01/ }).check();
  await click(page, 'Next');
  await click(page, 'Next');
  await page.getByRole('radio', { name: 'Every 30 seconds' }).check();
  await click(page, 'Next');
  await expect(page.getByText(/up to about .* at the bandwidth limit/)).toBeVisible();
  await click(page, 'Protect WEB01');
};

const story = async (site: TestSite, door: Door): Promise<void> => {
  let page = await door.begin();
  await limit(site, 12_000_000);
  // By hand, whatever the hour of this test.
  await hvrc(site.dataDirectory, 'settings', 'set', 'resyncWindow.enabled', 'false');
  await protect(page, site);
  const disk = page.getByRole('region', { name: 'WEB01.vhd' });
  const progress = disk.getByRole('progressbar');
  await expect(progress).toBeVisible();
  await expect.poll(async () => Number(await progress.getAttribute('aria-valuenow'))).toBeGreaterThan(20);

  // The engine ends in the middle of the first copy, and goes on where it was.
  await door.end();
  page = await door.begin();
  await open(page, 'WEB01');
  await expect(page.getByText(/resumed at \d+ %/)).toBeVisible();
  await limit(site, null);
  await expect(page.locator('.vm-state')).toContainText('Normal', { timeout: cycleMs });

  // A delta.
  writeIntoWeb01(site);
  await click(page, 'Sync now');
  await page.getByRole('link', { name: 'Show the job' }).click();
  await expect(page.getByText(/4\.\d+ MB changed, .* sent/)).toBeVisible();

  // Paused while much is written: the log grows, first to a warning, then beyond half the disk.
  await open(page, 'Overview');
  await chooseFromMenu(page, 'WEB01', 'Pause');
  await expect(rowOf(page, 'WEB01')).toContainText('Paused');
  writeIntoWeb01(site, 30 * mebibyte);
  await expect(rowOf(page, 'WEB01')).toContainText(/3\d\.\d MB/, { timeout: cycleMs });
  await open(page, 'WEB01');
  await expect(page.locator('main')).toContainText(/The log of WEB01\.vhd/);
  await open(page, 'Overview');
  writeIntoWeb01(site, 30 * mebibyte);
  await expect(rowOf(page, 'WEB01')).toContainText('reached 50 % of the disk', { timeout: cycleMs });
  await rowOf(page, 'WEB01').getByRole('button', { name: 'Resume' }).click();
  await expect(rowOf(page, 'WEB01')).toContainText('Resynchronization required');
  await expect(page.getByRole('heading', { level: 1 })).toContainText('WEB01');
  await expectAccessible(page);

  // The one button that helps.
  await rowOf(page, 'WEB01').getByRole('button', { name: 'Resynchronize' }).click();
  await click(page, 'Resynchronize now');
  await expect(rowOf(page, 'WEB01')).not.toContainText('Resynchronization required');
  await open(page, 'Jobs');
  await expect(page.getByRole('row', { name: /Resynchronization WEB01 Succeeded/ })).toBeVisible({
    timeout: cycleMs,
  });
  await open(page, 'Overview');
  await expect(rowOf(page, 'WEB01')).toContainText('Normal', { timeout: cycleMs });

  // The vault is cut off: what was tried, when it is tried again, and by hand once it is back.
  renameSync(site.vaultDirectory, `${site.vaultDirectory}-away`);
  writeIntoWeb01(site);
  await rowOf(page, 'WEB01').getByRole('button', { name: 'Sync now' }).click();
  await open(page, 'WEB01');
  await page.getByRole('tab', { name: 'Timeline' }).click();
  const next = page.locator('.rung-next');
  await expect(next).toContainText(/next in 00:\d\d/);
  const left = await next.textContent();
  await expect(next).not.toHaveText(left ?? '');
  renameSync(`${site.vaultDirectory}-away`, site.vaultDirectory);
  await click(page, 'Retry now');
  await expect(page.locator('.ladder')).toHaveCount(0);
  await expect(page.getByText('The last attempt failed')).toHaveCount(0);
  await expect(page.getByRole('row', { name: /Replication cycle Succeeded/ }).first()).toBeVisible();

  // What was set outlives the engine.
  await open(page, 'Settings');
  const policy = page.getByRole('region', { name: 'New protections' });
  await policy.getByLabel('Recovery points to keep').fill('7');
  await policy.getByRole('button', { name: 'Save' }).click();
  await expect(policy.getByRole('button', { name: 'Save' })).toBeDisabled();
  await door.end();
  page = await door.begin();
  await open(page, 'Settings');
  await expect(policyOf(page)).toHaveValue('7');
};

const policyOf = (page: Page) =>
  page.getByRole('region', { name: 'New protections' }).getByLabel('Recovery points to keep');

test('a VM’s story, in the browser: first copy, restart, delta, outgrown log, resynchronization, lost vault', async ({
  page,
}) => {
  const site = newSite();
  let agent: Awaited<ReturnType<typeof startAgent>> | null = null;
  const end = async (): Promise<void> => {
    await agent?.stop();
    agent = null;
  };
  try {
    await story(site, {
      begin: async () => {
        agent = await startAgent(site.dataDirectory);
        await page.goto('about:blank');
        await page.goto(agent.link);
        return page;
      },
      end,
    });
  } finally {
    await end();
    site.remove();
  }
});
