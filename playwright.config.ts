import { defineConfig } from '@playwright/test';
import { findBrowser } from './scripts/browser.ts';

/** Chromium's sandbox refuses to run as root, which is how build machines run. */
const asRoot = process.getuid?.() === 0;

const executablePath = findBrowser();

export default defineConfig({
  testDir: 'test/e2e',
  testMatch: '**/*.spec.ts',
  outputDir: 'test-results/e2e',
  workers: 1,
  timeout: 90_000,
  use: {
    launchOptions: {
      ...(executablePath === undefined ? {} : { executablePath }),
      args: ['--disable-gpu', '--disable-background-networking', ...(asRoot ? ['--no-sandbox'] : [])],
    },
  },
});
