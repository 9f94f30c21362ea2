/**
 * What the desktop door uses of Electron, on plain Node.js: its window is a page of the Chromium that listens at
 * `HVRC_STAND_IN_BROWSER`. Lets the built bundles run end to end where Electron's program is not installed.
 */
import { EventEmitter } from 'node:events';
import { existsSync, mkdirSync, readFileSync, rmSync, watch, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { type Browser, chromium, type Page } from '@playwright/test';

type PageHandler = (request: { url: string }) => Promise<Response>;
type IpcHandler = (event: unknown, ...args: unknown[]) => unknown;

const pageHandlers = new Map<string, PageHandler>();
const ipcHandlers = new Map<string, IpcHandler>();

/** Chromium knows no schemes of ours: `hvrc://console/x` is asked for as `https://console.hvrc.test/x`. */
const toBrowser = (url: string) => url.replace(/^(\w+):\/\/([^/]+)/, 'https://$2.$1.test');
const fromBrowser = (url: string) => url.replace(/^https:\/\/([^/]+)\.(\w+)\.test/, '$2://$1');

type Message = Readonly<Record<string, unknown>>;

/** What a person would see outside the window: told to the spec that started this process. */
const tell = (message: Message): void => {
  process.send?.(message);
};

/** What a person, or the system, does outside the window: the spec says so. */
const deeds: Record<string, (argument: never) => void> = {};
process.on('message', ({ deed, argument }: { deed: string; argument: never }) => deeds[deed]?.(argument));

const switches = process.argv.slice(2);

class App extends EventEmitter {
  readonly isPackaged = false;
  readonly commandLine = {
    getSwitchValue: (name: string) =>
      switches.find((given) => given.startsWith(`--${name}=`))?.slice(name.length + 3) ?? '',
    hasSwitch: (name: string) => switches.some((given) => given.split('=')[0] === `--${name}`),
  };
  readonly #paths = new Map<string, string>();
  #loginItem = { openAtLogin: false };
  setPath(name: string, path: string): void {
    mkdirSync(path, { recursive: true });
    this.#paths.set(name, path);
  }
  getLocale(): string {
    return 'en-US';
  }
  getAppPath(): string {
    return process.cwd();
  }
  getLoginItemSettings(): { openAtLogin: boolean } {
    return this.#loginItem;
  }
  setLoginItemSettings(item: { openAtLogin: boolean }): void {
    this.#loginItem = item;
    tell({ loginItem: item });
  }
  /** As Electron's: by a lock in the directory for user data, whose holder hears of everybody else. */
  requestSingleInstanceLock(): boolean {
    const directory = this.#paths.get('userData')!;
    const [lock, knock] = [join(directory, 'instance.lock'), join(directory, 'instance.knock')];
    try {
      writeFileSync(lock, String(process.pid), { flag: 'wx' });
    } catch {
      writeFileSync(knock, String(process.pid));
      return false;
    }
    process.on('exit', () => rmSync(lock, { force: true }));
    watch(directory, (_event, name) => {
      if (name === 'instance.knock' && existsSync(knock)) {
        rmSync(knock, { force: true });
        this.emit('second-instance');
      }
    });
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

export const powerMonitor = new EventEmitter();
deeds.resume = () => powerMonitor.emit('resume');

export const screen = {
  getAllDisplays: () => [{ workArea: { x: 0, y: 0, width: 1600, height: 900 } }],
};

/** As the key store of a desktop: what it sealed is not readable, and only it opens that. */
export const safeStorage = {
  isEncryptionAvailable: () => true,
  getSelectedStorageBackend: () => 'gnome_libsecret',
  encryptString: (text: string) => Buffer.from(text, 'utf8').map((byte) => byte ^ 0xa5),
  decryptString: (sealed: Buffer) => Buffer.from(sealed.map((byte) => byte ^ 0xa5)).toString('utf8'),
};

export const nativeImage = {
  createFromPath: (path: string) => {
    if (!existsSync(path)) throw new Error(`There is no picture ${path}.`);
    return { path };
  },
};

interface MenuItem {
  readonly label?: string;
  readonly type?: string;
  readonly enabled?: boolean;
  click?(): void;
}

export const Menu = { buildFromTemplate: (items: readonly MenuItem[]) => items };

export class Tray extends EventEmitter {
  #shown: Message = {};
  #items: readonly MenuItem[] = [];
  constructor(image: { path: string }) {
    super();
    deeds.clickTray = () => this.emit('click');
    deeds.chooseInTray = (label: string) => {
      const item = this.#items.find((each) => each.label === label);
      if (item === undefined || item.enabled === false) throw new Error(`${label} cannot be chosen.`);
      item.click?.();
    };
    this.setImage(image);
  }
  setImage(image: { path: string }): void {
    this.#tell({ image: basename(image.path) });
  }
  setToolTip(toolTip: string): void {
    this.#tell({ toolTip });
  }
  setContextMenu(items: readonly MenuItem[]): void {
    this.#items = items;
    this.#tell({
      menu: items.flatMap(({ label, enabled }) =>
        label === undefined ? [] : [{ label, enabled: enabled !== false }],
      ),
    });
  }
  destroy(): void {
    tell({ tray: null });
  }
  #tell(change: Message): void {
    this.#shown = { ...this.#shown, ...change };
    tell({ tray: this.#shown });
  }
}

export class Notification extends EventEmitter {
  static isSupported(): boolean {
    return true;
  }
  readonly #text: { title: string; body: string };
  constructor({ title, body }: { title: string; body: string }) {
    super();
    this.#text = { title, body };
  }
  show(): void {
    deeds.clickNotification = () => this.emit('click');
    tell({ notification: this.#text });
  }
}

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

/** What the person picks in the next dialog; null leaves it. */
let chosenFolder: string | null = null;
deeds.pick = (folder: string | null) => {
  chosenFolder = folder;
};

export const dialog = {
  showErrorBox: (title: string, text: string) => console.error(`${title}\n${text}`),
  showOpenDialog: async () => ({ filePaths: chosenFolder === null ? [] : [chosenFolder] }),
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

interface Bounds {
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
}

interface WindowOptions extends Partial<Bounds> {
  readonly width: number;
  readonly height: number;
  readonly show: boolean;
  readonly webPreferences: {
    readonly preload: string;
    readonly contextIsolation: boolean;
    readonly sandbox: boolean;
    readonly nodeIntegration: boolean;
  };
}

/** One connection for all windows: functions that two of them give their pages would hide each other. */
let browser: Promise<Browser> | null = null;

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
  #bounds: Bounds;
  #maximized = false;

  constructor({ webPreferences, width, height, x = 100, y = 50 }: WindowOptions) {
    super();
    this.#bounds = { x, y, width, height };
    deeds.place = (bounds: Bounds) => {
      this.#bounds = bounds;
      this.#tell();
    };
    deeds.maximize = () => this.maximize();
    const { contextIsolation, sandbox, nodeIntegration, preload } = webPreferences;
    if (!contextIsolation || !sandbox || nodeIntegration) throw new Error('The window is not isolated.');
    this.#preload = wrapPreload(readFileSync(preload, 'utf8'));
    app.emit('web-contents-created', {}, this.webContents);
    if (this.webContents.mayOpenWindows) throw new Error('The window may open others.');
  }

  async loadURL(url: string): Promise<void> {
    const open = this.webContents.page;
    if (open !== null) {
      await open.goto(toBrowser(url));
      return;
    }
    // Downloads and the like are the screen's: this connection changes nothing of it.
    browser ??= chromium.connectOverCDP(process.env.HVRC_STAND_IN_BROWSER!, { noDefaults: true });
    const page = await (await browser).contexts()[0]!.newPage();
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
    this.#tell();
  }
  focus(): void {
    tell({ focused: true });
  }
  restore(): void {
    this.#tell();
  }
  maximize(): void {
    this.#maximized = true;
    this.#tell();
  }
  isMaximized(): boolean {
    return this.#maximized;
  }
  getNormalBounds(): Bounds {
    return this.#bounds;
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

  #tell(): void {
    tell({ window: { bounds: this.#bounds, maximized: this.#maximized } });
  }

  #closed(): void {
    this.emit('close');
    this.#destroyed = true;
    this.emit('closed');
    app.emit('window-all-closed');
  }
}
