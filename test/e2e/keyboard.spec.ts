import { expect as expectSoon, type Locator, type Page } from '@playwright/test';
import { newSite } from './console.ts';
import { test } from './door-test.ts';

test.setTimeout(180_000);

const expect = expectSoon.configure({ timeout: 20_000 });

/** More stops than any view has. */
const mostStops = 80;

const hasFocus = (target: Locator): Promise<boolean> =>
  target.evaluate((element) => element === document.activeElement);

/** Goes on with a key until something has the focus. */
const tabTo = async (page: Page, target: Locator, key = 'Tab'): Promise<void> => {
  await expect(target).toBeVisible();
  for (let stop = 0; stop < mostStops; stop++) {
    if (await hasFocus(target)) return;
    await page.keyboard.press(key);
  }
  throw new Error(`${key} never reaches ${target}.`);
};

const button = (page: Page, name: string | RegExp) => page.getByRole('button', { name, exact: true });

const press = async (page: Page, target: Locator, key?: string): Promise<void> => {
  await expect(target).toBeEnabled();
  await tabTo(page, target, key);
  await page.keyboard.press('Enter');
};

const typeInto = async (page: Page, target: Locator, text: string): Promise<void> => {
  await tabTo(page, target);
  await page.keyboard.press('ControlOrMeta+A');
  await page.keyboard.type(text);
};

/** The stops of the view on which it cannot be seen that they have the focus: they look the same without it. */
const unseenStops = async (page: Page): Promise<readonly string[]> => {
  const seen = new Set<string>();
  const unseen: string[] = [];
  for (let stop = 0; stop < mostStops; stop++) {
    await page.keyboard.press('Tab');
    const focused = await page.evaluateHandle(() => document.activeElement);
    const name = await focused.evaluate((element) =>
      element === null || element === document.body || element.hasAttribute('data-tabster-dummy')
        ? null
        : element.outerHTML.slice(0, 160),
    );
    if (name === null) continue;
    if (seen.has(name)) break;
    seen.add(name);
    const element = focused.asElement();
    if (element === null) throw new Error('What has the focus is no element.');
    await element.scrollIntoViewIfNeeded();
    const box = await element.boundingBox();
    if (box === null) throw new Error(`Nothing is drawn of ${name}.`);
    const clip = {
      x: Math.max(0, box.x - 8),
      y: Math.max(0, box.y - 8),
      width: Math.max(24, box.width + 16),
      height: Math.max(24, box.height + 16),
    };
    const withFocus = await page.screenshot({ clip });
    await element.evaluate((focusable) => (focusable as unknown as HTMLElement).blur());
    const without = await page.screenshot({ clip });
    await element.focus();
    if (withFocus.equals(without)) unseen.push(name);
  }
  expect(seen.size).toBeGreaterThan(8);
  return unseen;
};

const protectWeb01 = async (page: Page, vms: string, vault: string): Promise<void> => {
  await typeInto(page, page.getByRole('textbox', { name: 'New folder' }), vms);
  await page.keyboard.press('Enter');
  await expect(button(page, 'Add the vault')).toBeVisible();
  await typeInto(page, page.getByRole('textbox', { name: 'Folder' }), vault);
  await page.keyboard.press('Enter');
  const web01 = page.getByRole('checkbox', { name: /^WEB01 / });
  await tabTo(page, web01);
  await page.keyboard.press('Space');
  await expect(web01).toBeChecked();
  await press(page, button(page, 'Next'));
  await expect(page.getByRole('radio', { name: /^local/ })).toBeVisible();
  await press(page, button(page, 'Next'));
  // A group of choices is one stop; its arrows choose.
  await tabTo(page, page.getByRole('radio', { name: 'Every 5 minutes' }));
  await page.keyboard.press('ArrowDown');
  await expect(page.getByRole('radio', { name: 'Every 15 minutes' })).toBeChecked();
  await press(page, button(page, 'Next'));
  await expect(page.getByRole('heading', { name: /^All \d+ checks have passed/ })).toBeVisible();
  await press(page, button(page, 'Protect WEB01'));
  await expect(page.getByRole('heading', { level: 1 })).toHaveText('WEB01');
  await expect(page.locator('.vm-state')).toContainText('Normal');
};

test('from the first run to a resynchronization nothing needs a mouse, and the focus is always seen', async ({
  door,
  faults,
}) => {
  const site = newSite();
  try {
    const page = await door.begin(site);
    await test.step('a VM is protected', () => protectWeb01(page, site.hostDirectory, site.vaultDirectory));

    await test.step('its page is opened from the overview', async () => {
      await press(page, page.getByRole('link', { name: 'Overview', exact: true }).first());
      await expect(page.getByRole('heading', { level: 1 })).toContainText('1 of 3 VMs');
      expect(await unseenStops(page)).toEqual([]);
      await press(page, page.getByRole('link', { name: 'WEB01', exact: true }));
      await expect(page.getByRole('heading', { level: 1 })).toHaveText('WEB01');
      expect(await unseenStops(page)).toEqual([]);
    });

    await test.step('its menu is left with Esc, and the focus comes back', async () => {
      const more = button(page, 'More actions for WEB01');
      await press(page, more);
      const entries = page.getByRole('menuitem');
      await expect(entries.first()).toBeFocused();
      await page.keyboard.press('ArrowDown');
      await expect(entries.nth(1)).toBeFocused();
      await page.keyboard.press('Escape');
      await expect(more).toBeFocused();
    });

    await test.step('a dialog of the menu is left with Esc, and the focus comes back', async () => {
      const more = button(page, 'More actions for WEB01');
      await press(page, more);
      await press(page, page.getByRole('menuitem', { name: 'Disable protection' }), 'ArrowDown');
      await expect(page.getByRole('dialog')).toBeVisible();
      await page.keyboard.press('Escape');
      await expect(page.getByRole('dialog')).toBeHidden();
      await expect(more).toBeFocused();
    });

    await test.step('it is resynchronized', async () => {
      await tabTo(page, page.getByRole('tab', { name: 'Disks' }));
      for (const tab of ['Timeline', 'Charts', 'Resynchronization']) {
        await page.keyboard.press('ArrowRight');
        await expect(page.getByRole('tab', { name: tab })).toBeFocused();
      }
      await page.keyboard.press('Enter');
      const begin = button(page, 'Resynchronize …');
      await press(page, begin);
      await expect(page.getByRole('dialog')).toBeVisible();
      await page.keyboard.press('Escape');
      await expect(page.getByRole('dialog')).toBeHidden();
      await expect(begin).toBeFocused();
      await page.keyboard.press('Enter');
      await press(page, button(page, 'Resynchronize now'));
      await expect(page.getByText('The last comparison')).toBeVisible();
    });
    expect(faults).toEqual([]);
  } finally {
    await door.end();
    site.remove();
  }
});
