import { existsSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { chromium } from '@playwright/test';

const onPath = (names: readonly string[]): readonly string[] =>
  (process.env.PATH ?? '')
    .split(delimiter)
    .flatMap((directory) => names.map((name) => join(directory, name)));

const candidates = (): readonly string[] => {
  if (process.platform === 'win32') {
    const roots = [process.env.ProgramFiles, process.env['ProgramFiles(x86)'], process.env.LOCALAPPDATA];
    return roots
      .filter((root) => root !== undefined)
      .flatMap((root) => [
        join(root, 'Microsoft/Edge/Application/msedge.exe'),
        join(root, 'Google/Chrome/Application/chrome.exe'),
      ]);
  }
  if (process.platform === 'darwin') {
    return [
      '/Applications/Google Chrome.app/Contents/MacOS/Google Chrome',
      '/Applications/Microsoft Edge.app/Contents/MacOS/Microsoft Edge',
      '/Applications/Chromium.app/Contents/MacOS/Chromium',
    ];
  }
  return onPath(['google-chrome', 'google-chrome-stable', 'chromium', 'chromium-browser', 'microsoft-edge']);
};

/** Path of a Chromium-based browser for the end-to-end tests: an installed one, else the one Playwright fetched. */
export const findBrowser = (): string | undefined =>
  [process.env.HVRC_BROWSER, ...candidates(), chromium.executablePath()].find(
    (path) => path !== undefined && existsSync(path),
  );
