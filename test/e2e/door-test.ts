import { test as base, type Page } from '@playwright/test';
import { type Door, type DoorName, doorNamed } from './doors.ts';

export interface DoorOptions {
  /** Which door the specs go through: the project says. */
  readonly doorName: DoorName;
}

interface DoorFixtures {
  readonly door: Door;
  /** What the door's pages complained of by themselves. */
  readonly faults: string[];
}

const watch = (page: Page, faults: string[]): void => {
  page.on('pageerror', (error) => faults.push(error.message));
  page.on(
    'console',
    (message) => message.type() === 'error' && faults.push(`${message.text()} ${message.location().url}`),
  );
  page.on('dialog', (dialog) => {
    faults.push(`dialog: ${dialog.message()}`);
    void dialog.dismiss();
  });
};

/** A spec that goes through whichever door its project names: the same sentences, tried on each. */
export const test = base.extend<DoorFixtures & DoorOptions>({
  doorName: ['agent', { option: true }],
  // Colours that are still changing have no contrast to speak of.
  contextOptions: { reducedMotion: 'reduce' },
  // biome-ignore lint/correctness/noEmptyPattern: Playwright reads a fixture's needs from its pattern.
  faults: async ({}, use) => use([]),
  door: async ({ doorName, browser, launchOptions, contextOptions, faults }, use) => {
    const door = doorNamed(doorName, {
      browser,
      launchOptions,
      contextOptions,
      watch: (page) => watch(page, faults),
    });
    await use(door);
    await door.dispose();
  },
});
