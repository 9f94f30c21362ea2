import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, type Page } from '@playwright/test';
import { hvrc } from './agent-process.ts';

export interface SampleSite {
  readonly folder: string;
  readonly dataDirectory: string;
  readonly hostDirectory: string;
  readonly vaultDirectory: string;
  remove(): void;
}

/** A fresh folder with the sample VMs in it, and a data directory that knows nothing of them yet. */
export const createSite = async (): Promise<SampleSite> => {
  const folder = mkdtempSync(join(tmpdir(), 'hvrc-e2e-'));
  const dataDirectory = join(folder, 'data');
  const hostDirectory = join(folder, 'site');
  await hvrc(dataDirectory, 'sample', hostDirectory);
  return {
    folder,
    dataDirectory,
    hostDirectory,
    vaultDirectory: join(folder, 'vault'),
    remove: () => rmSync(folder, { recursive: true, force: true }),
  };
};

export const rowOf = (page: Page, vm: string) => page.locator(`tr[data-vm="${vm}"]`);

/** From an empty console to a protected VM: what an administrator sees on the way, whichever door shows it. */
export const protectAndWatch = async (page: Page, site: SampleSite): Promise<void> => {
  await expect(page.getByRole('heading', { name: 'No host has been chosen yet.' })).toBeVisible();

  await hvrc(site.dataDirectory, 'host', 'use', site.hostDirectory);
  await page.reload();
  await expect(page.getByRole('heading', { level: 1 })).toHaveText('0 of 3 VMs are protected.');
  await expect(rowOf(page, 'WEB01')).toContainText('Not protected');

  await hvrc(site.dataDirectory, 'vault', 'add', 'local', site.vaultDirectory);
  await hvrc(site.dataDirectory, 'protect', 'WEB01', '--vault', 'local', '--wait');
  // By the engine's pushes: the page is not loaded again.
  const row = rowOf(page, 'WEB01');
  await expect(row).toContainText('Replicating');
  await expect(row).toContainText('Normal');
  await expect(row).toContainText('vault local');
  await expect(page.getByRole('heading', { level: 1 })).toHaveText('1 of 3 VMs is protected.');

  await hvrc(site.dataDirectory, 'pause', 'WEB01');
  await expect(row).toContainText('Paused');
  await row.getByRole('button', { name: 'Resume' }).click();
  await expect(row).toContainText('Replicating');
  await row.getByRole('button', { name: 'Sync now' }).click();
  await expect
    .poll(async () => hvrc(site.dataDirectory, 'jobs'), { message: 'a cycle that the button started' })
    .toMatch(/WEB01.*succeeded/i);
};
