import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import {
  type BrowserContext,
  type BrowserContextOptions,
  chromium,
  expect,
  type LaunchOptions,
  type Page,
} from '@playwright/test';
import type { TestSite } from './console.ts';

const root = join(import.meta.dirname, '../..');

export interface ShownTray {
  readonly image: string;
  readonly toolTip: string;
  readonly menu: readonly { readonly label: string; readonly enabled: boolean }[];
}

export interface ShownWindow {
  readonly bounds: {
    readonly x: number;
    readonly y: number;
    readonly width: number;
    readonly height: number;
  };
  readonly maximized: boolean;
}

interface Shown {
  readonly tray?: ShownTray | null;
  readonly window?: ShownWindow;
  readonly notification?: { readonly title: string; readonly body: string };
}

type ScreenOptions = LaunchOptions & BrowserContextOptions;

/** A person's screen: a browser that the stand-in's windows are pages of. */
export const openScreen = async (site: TestSite, options: ScreenOptions): Promise<BrowserContext> => {
  const profile = join(site.folder, 'profile');
  return chromium.launchPersistentContext(profile, {
    ...options,
    args: [...(options.args ?? []), '--remote-debugging-port=0'],
  });
};

/** The built desktop door on the stand-in for Electron, and what it shows outside its window. */
export class DesktopProcess {
  readonly #context: BrowserContext;
  readonly #pages: Page[] = [];
  readonly #process: ChildProcess;
  readonly #exited: Promise<readonly [number | null, NodeJS.Signals | null]>;
  readonly notifications: { readonly title: string; readonly body: string }[] = [];
  tray: ShownTray | null = null;
  window: ShownWindow | null = null;

  constructor(site: TestSite, context: BrowserContext, args: readonly string[] = []) {
    this.#context = context;
    context.on('page', (page) => this.#pages.push(page));
    const portFile = join(site.folder, 'profile', 'DevToolsActivePort');
    const port = readFileSync(portFile, 'utf8').split('\n')[0];
    this.#process = spawn(
      process.execPath,
      ['--import', join(root, 'test/e2e/stand-in/register.ts'), join(root, 'out/main/index.js'), ...args],
      {
        stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
        env: {
          ...process.env,
          HVRC_DATA: site.dataDirectory,
          HVRC_STAND_IN_BROWSER: `http://127.0.0.1:${port}`,
        },
      },
    );
    this.#exited = once(this.#process, 'exit') as Promise<[number | null, NodeJS.Signals | null]>;
    this.#process.on('message', (shown: Shown) => {
      if (shown.tray !== undefined) this.tray = shown.tray;
      if (shown.window !== undefined) this.window = shown.window;
      if (shown.notification !== undefined) this.notifications.push(shown.notification);
    });
  }

  /** The next window's page, whether or not it is open already. */
  async nextPage(): Promise<Page> {
    return this.#pages.shift() ?? this.#context.waitForEvent('page').then(() => this.#pages.shift()!);
  }

  /** Something a person, or the system, does outside the window. */
  does(deed: string, argument: unknown = null): void {
    this.#process.send({ deed, argument });
  }

  signal(signal: NodeJS.Signals): void {
    this.#process.kill(signal);
  }

  get runs(): boolean {
    return this.#process.exitCode === null && this.#process.signalCode === null;
  }

  /** Exit code and signal, once it has ended. */
  exited(): Promise<readonly [number | null, NodeJS.Signals | null]> {
    return this.#exited;
  }

  async expectTray(wanted: Partial<ShownTray>): Promise<void> {
    await expect.poll(() => this.tray).toMatchObject(wanted);
  }

  async kill(): Promise<void> {
    if (!this.runs) return;
    this.signal('SIGKILL');
    await this.#exited;
  }
}
