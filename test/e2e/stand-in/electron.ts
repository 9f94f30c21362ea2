/**
 * What the desktop door uses of Electron, on plain Node.js: its window is a page of the Chromium that listens at
 * `HVRC_STAND_IN_BROWSER`. Lets the built bundles run end to end where Electron's program is not installed.
 */
import { EventEmitter } from 'node:events';
import { readFileSync } from 'node:fs';
import { chromium, type Page } from '@playwright/test';

type PageHandler = (request: { url: string }) => Promise<Response>;
type IpcHandler = (event: unknown, ...args: unknown[]) => unknown;

const pageHandlers = new Map<string, PageHandler>();
const ipcHandlers = new Map<string, IpcHandler>();

/** Chromium knows no schemes of ours: `hvrc://console/x` is asked for as `https://console.hvrc.test/x`. */
const toBrowser = (url: string) => url.replace(/^(\w+):\/\/([^/]+)/, 'https://$2.$1.test');
const fromBrowser = (url: string) => url.replace(/^https:\/\/([^/]+)\.(\w+)\.test/, '$2://$1');

class App extends EventEmitter {
  readonly commandLine = { getSwitchValue: () => '' };
  requestSingleInstanceLock(): boolean {
    return true;
  }
  whenReady(): Promise<void> {
    return Promise.resolve();
  }
  quit(): void {
    let prevented = false;
    this.emit('before-quit', { preventDefault: () => (prevented = true) });
    if (!prevented) this.exit(0);
  }
  exit(code: number): void {
    process.exit(code);
  }
}
export const app = new App();

export const protocol = {
  registerSchemesAsPrivileged: () => undefined,
  handle: (scheme: string, handler: PageHandler) => pageHandlers.set(scheme, handler),
};

export const session = {
  defaultSession: {
    setPermissionRequestHandler: () => undefined,
    setPermissionCheckHandler: () => undefined,
  },
};

export const dialog = {
  showErrorBox: (title: string, text: string) => console.error(`${title}\n${text}`),
};

export const ipcMain = {
  handle: (channel: string, handler: IpcHandler) => ipcHandlers.set(channel, handler),
  removeHandler: (channel: string) => ipcHandlers.delete(channel),
};

/** The preload script as Electron runs it, its messages carried by two functions of the page. */
const wrapPreload = (code: string): string => `{
  const listeners = new Map();
  window.standInDeliver = (channel, ...args) =>
    (listeners.get(channel) ?? []).forEach((listener) => listener({}, ...args));
  const electron = {
    contextBridge: { exposeInMainWorld: (name, value) => { window[name] = value; } },
    ipcRenderer: {
      invoke: (...args) => window.standInInvoke(...args),
      on: (channel, listener) => listeners.set(channel, [...(listeners.get(channel) ?? []), listener]),
      off: (channel, listener) =>
        listeners.set(channel, (listeners.get(channel) ?? []).filter((known) => known !== listener)),
    },
  };
  ((require) => { ${code} })(() => electron);
}`;

interface WindowOptions {
  readonly show: boolean;
  readonly webPreferences: {
    readonly preload: string;
    readonly contextIsolation: boolean;
    readonly sandbox: boolean;
    readonly nodeIntegration: boolean;
  };
}

class WebContents extends EventEmitter {
  page: Page | null = null;
  #windowOpenHandler: (() => { action: string }) | null = null;
  setWindowOpenHandler(handler: () => { action: string }): void {
    this.#windowOpenHandler = handler;
  }
  get mayOpenWindows(): boolean {
    return this.#windowOpenHandler?.().action !== 'deny';
  }
  send(channel: string, ...args: unknown[]): void {
    const deliver = ([name, values]: [string, unknown[]]) =>
      (window as unknown as { standInDeliver(...all: unknown[]): void }).standInDeliver(name, ...values);
    // A page that is being loaded anew has nobody to deliver to, as in Electron.
    this.page?.evaluate(deliver, [channel, args] as [string, unknown[]]).catch(() => undefined);
  }
}

export class BrowserWindow extends EventEmitter {
  readonly webContents = new WebContents();
  readonly #preload: string;
  #destroyed = false;

  constructor({ webPreferences }: WindowOptions) {
    super();
    const { contextIsolation, sandbox, nodeIntegration, preload } = webPreferences;
    if (!contextIsolation || !sandbox || nodeIntegration) throw new Error('The window is not isolated.');
    this.#preload = wrapPreload(readFileSync(preload, 'utf8'));
    app.emit('web-contents-created', {}, this.webContents);
    if (this.webContents.mayOpenWindows) throw new Error('The window may open others.');
  }

  async loadURL(url: string): Promise<void> {
    const browser = await chromium.connectOverCDP(process.env.HVRC_STAND_IN_BROWSER!);
    const page = await browser.contexts()[0]!.newPage();
    this.webContents.page = page;
    page.on('close', () => this.#closed());
    await page.exposeBinding('standInInvoke', ({ frame }, channel: string, ...args: unknown[]) => {
      const senderFrame = { url: fromBrowser(frame.url()), parent: frame.parentFrame() };
      return ipcHandlers.get(channel)?.({ sender: this.webContents, senderFrame }, ...args);
    });
    await page.addInitScript(this.#preload);
    await page.route(`${new URL(toBrowser(url)).origin}/**`, async (route) => {
      const asked = fromBrowser(route.request().url());
      const answer = await pageHandlers.get(new URL(asked).protocol.slice(0, -1))!({ url: asked });
      await route.fulfill({
        status: answer.status,
        headers: Object.fromEntries(answer.headers),
        body: Buffer.from(await answer.arrayBuffer()),
      });
    });
    await page.goto(toBrowser(url));
    this.emit('ready-to-show');
  }

  show(): void {
    this.emit('show');
  }
  isDestroyed(): boolean {
    return this.#destroyed;
  }
  isMinimized(): boolean {
    return false;
  }
  reload(): void {
    void this.webContents.page?.reload();
  }

  #closed(): void {
    this.#destroyed = true;
    this.emit('closed');
    app.emit('window-all-closed');
  }
}
