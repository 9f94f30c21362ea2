import { expect, type Page } from '@playwright/test';
import { hvrc } from './agent-process.ts';
import { newSite, open, rowOf, useSampleHost } from './console.ts';
import { test } from './door-test.ts';

test.setTimeout(120_000);

/** What stands beyond the right edge of the view, where nobody sees it. */
const cutOff = (page: Page): Promise<number> =>
  page.locator('main').evaluate((main) => main.scrollWidth - main.clientWidth);

test('no view is cut at 1024 pixels or a mile wide at 3840', async ({ door }) => {
  const site = newSite();
  try {
    await useSampleHost(site);
    await hvrc(site.dataDirectory, 'vault', 'add', 'local', site.vaultDirectory);
    await hvrc(site.dataDirectory, 'protect', 'WEB01', '--vault', 'local');
    const page = await door.begin(site);
    const expectFitting = async (): Promise<void> => {
      for (const [width, height] of [
        [1024, 640],
        [3840, 2160],
      ] as const) {
        await page.setViewportSize({ width, height });
        expect(await cutOff(page), `${page.url()} at ${width}`).toBe(0);
        const wide = await page.locator('.page').evaluate((view) => view.getBoundingClientRect().width);
        expect(wide).toBeLessThanOrEqual(1680);
      }
    };
    await expect(rowOf(page, 'WEB01')).toContainText('Replicating');
    await expectFitting();
    for (const view of ['Jobs', 'Alerts', 'Events', 'Vaults', 'Settings']) {
      await open(page, view);
      await expect(page.getByRole('heading', { level: 1 })).toContainText(
        view === 'Settings' ? 'settings' : view,
      );
      await expectFitting();
    }
    await open(page, 'Overview');
    await open(page, 'WEB01');
    for (const tab of await page.getByRole('tab').all()) {
      await tab.click();
      await expect(page.locator('#vm-panel')).not.toBeEmpty();
      await expectFitting();
    }
    await door.end();
  } finally {
    site.remove();
  }
});
