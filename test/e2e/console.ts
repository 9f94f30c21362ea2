import { randomBytes } from 'node:crypto';
import { closeSync, mkdtempSync, openSync, rmSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { AxeBuilder } from '@axe-core/playwright';
import { expect, type Page } from '@playwright/test';
import { hvrc } from './agent-process.ts';

export interface TestSite {
  readonly folder: string;
  readonly dataDirectory: string;
  readonly hostDirectory: string;
  readonly vaultDirectory: string;
  remove(): void;
}

/** Paths for a site of its own: nothing is there yet. */
export const newSite = (): TestSite => {
  const folder = mkdtempSync(join(tmpdir(), 'hvrc-e2e-'));
  return {
    folder,
    dataDirectory: join(folder, 'data'),
    hostDirectory: join(folder, 'site'),
    vaultDirectory: join(folder, 'vault'),
    // A browser that has just been closed still puts its profile away.
    remove: () => rmSync(folder, { recursive: true, force: true, maxRetries: 10 }),
  };
};

/** The sample VMs, and the engine told of them. */
export const useSampleHost = async ({ dataDirectory, hostDirectory }: TestSite): Promise<void> => {
  await hvrc(dataDirectory, 'sample', hostDirectory);
  await hvrc(dataDirectory, 'host', 'use', hostDirectory);
};

/** What a running VM does to a fixed disk, whose data lies as it is in the file. */
export const writeInto = (path: string, bytes = 4 * 1024 * 1024): void => {
  const disk = openSync(path, 'r+');
  writeSync(disk, randomBytes(bytes), 0, bytes, 32 * 1024 * 1024);
  closeSync(disk);
};

/** WEB01 has a fixed VHD. */
export const writeIntoWeb01 = ({ hostDirectory }: TestSite, bytes?: number): void =>
  writeInto(join(hostDirectory, 'WEB01/Virtual Hard Disks/WEB01.vhd'), bytes);

export const rowOf = (page: Page, vm: string) => page.locator(`tr[data-vm="${vm}"]`);

export const open = (page: Page, link: string) =>
  page.getByRole('link', { name: link, exact: true }).first().click();

export const click = (page: Page, button: string | RegExp) =>
  page.getByRole('button', { name: button, exact: true }).first().click();

/** An action of the menu behind a VM's line or name. */
export const chooseFromMenu = async (page: Page, vm: string, item: string): Promise<void> => {
  await click(page, `More actions for ${vm}`);
  await page.getByRole('menuitem', { name: item, exact: true }).click();
};

/** Nothing that keeps somebody with a screen reader, a keyboard or weak eyes from using the view. */
export const expectAccessible = async (page: Page): Promise<void> => {
  // Fluent UI's focus keeper puts unseen stops around menus and tabs, and hands the focus on as soon as one gets it.
  const { violations } = await new AxeBuilder({ page }).exclude('[data-tabster-dummy]').analyze();
  expect(
    violations.map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html).join(' | ')}`),
    page.url(),
  ).toEqual([]);
};

/** The same in each theme that the system may ask for. */
export const expectAccessibleInEveryTheme = async (page: Page): Promise<void> => {
  for (const [theme, media] of [
    ['dark', { colorScheme: 'dark' }],
    ['highContrast', { contrast: 'more' }],
    ['light', { colorScheme: 'light', contrast: null }],
  ] as const) {
    await page.emulateMedia(media);
    await expect(page.locator(`.shell[data-theme="${theme}"]`)).toBeAttached();
    await expectAccessible(page);
  }
};

/** Counts what an administrator clicks. */
export class Clicks {
  readonly #page: Page;
  count = 0;

  constructor(page: Page) {
    this.#page = page;
  }

  async button(name: string | RegExp): Promise<void> {
    this.count++;
    await this.#page.getByRole('button', { name, exact: true }).click();
  }

  async checkbox(name: RegExp): Promise<void> {
    this.count++;
    await this.#page.getByRole('checkbox', { name }).check();
  }
}

/** From an empty console to a protected WEB01, by nothing but the page, whichever door shows it. */
export const protectFromNothing = async (
  page: Page,
  site: TestSite,
  look: (page: Page) => Promise<void> = async () => {},
): Promise<number> => {
  const clicks = new Clicks(page);
  await expect(page.getByRole('heading', { level: 1 })).toHaveText(
    'Welcome. Three steps to the first replica.',
  );
  await look(page);
  await page.getByRole('textbox', { name: 'New folder' }).fill(site.hostDirectory);
  await clicks.button('Create a sample site');
  await expect(page.getByText(`3 VMs in ${site.hostDirectory}`)).toBeVisible();
  await page.getByRole('textbox', { name: 'Folder' }).fill(site.vaultDirectory);
  await clicks.button('Add the vault');
  await clicks.checkbox(/^WEB01/);
  await look(page);
  for (let step = 1; step <= 3; step++) await clicks.button('Next');
  await expect(page.getByRole('heading', { name: /^All \d+ checks have passed/ })).toBeVisible();
  await look(page);
  await clicks.button('Protect WEB01');
  await expect(page.getByRole('heading', { level: 1 })).toHaveText('WEB01');
  // By the engine's pushes: the page is not loaded again.
  await expect(page.locator('.vm-state')).toContainText('Replicating');
  await expect(page.locator('.vm-state')).toContainText('Normal');
  return clicks.count;
};
