import { defineConfig } from '@playwright/test';
import { findBrowser } from './scripts/browser.ts';
import { sayElectron } from './scripts/electron-program.ts';
import type { DoorOptions } from './test/e2e/door-test.ts';

/** Chromium's sandbox refuses to run as root, which is how build machines run. */
const asRoot = process.getuid?.() === 0;

const executablePath = findBrowser();

// Once: each worker reads this file too.
if (process.env.TEST_WORKER_INDEX === undefined) sayElectron();

export default defineConfig<DoorOptions>({
  testDir: 'test/e2e',
  testMatch: '**/*.spec.ts',
  outputDir: 'test-results/e2e',
  // Each spec waits for an engine more than it works.
  workers: 2,
  expect: { timeout: 15_000 },
  timeout: 90_000,
  projects: [
    { name: 'agent', testIgnore: /desktop\.spec/, use: { doorName: 'agent' } },
    { name: 'desktop', testIgnore: /agent\.spec/, use: { doorName: 'desktop' } },
  ],
  use: {
    launchOptions: {
      ...(executablePath === undefined ? {} : { executablePath }),
      args: ['--disable-gpu', '--disable-background-networking', ...(asRoot ? ['--no-sandbox'] : [])],
    },
  },
});
