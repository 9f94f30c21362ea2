import { app, BrowserWindow, protocol, screen, session } from 'electron';
import { readPageFile } from '../transport/page-files.ts';
import {
  placeWindow,
  readWindowState,
  smallestWindow,
  type WindowState,
  writeWindowState,
} from './window-state.ts';

const scheme = 'hvrc';

/** The page's own origin: unlike `file:`, it has one, and the page can read no other file. */
export const pageOrigin = `${scheme}://console`;

/** Must run before Electron is ready. */
export const registerPageScheme = (): void =>
  protocol.registerSchemesAsPrivileged([{ scheme, privileges: { standard: true, secure: true } }]);

/** Serves the built page at its origin, and grants pages nothing. */
export const servePage = (rendererDirectory: string): void => {
  protocol.handle(scheme, async ({ url }) => {
    const { status, headers, body } = await readPageFile(rendererDirectory, new URL(url).pathname);
    return new Response(body, { status, headers: { ...headers } });
  });
  session.defaultSession.setPermissionRequestHandler((_contents, _permission, answer) => answer(false));
  session.defaultSession.setPermissionCheckHandler(() => false);
};

/** Pages may neither navigate away nor open windows nor embed others, whichever page it is. */
export const refuseForeignPages = (): void => {
  app.on('web-contents-created', (_event, contents) => {
    contents.on('will-navigate', (event) => event.preventDefault());
    contents.on('will-attach-webview', (event) => event.preventDefault());
    contents.setWindowOpenHandler(() => ({ action: 'deny' }));
  });
};

export interface ConsoleWindowOptions {
  readonly preloadFile: string;
  /** Where it is kept how the window stood. */
  readonly stateFile: string;
  readonly icon: string;
  /** Runs before the page does. */
  prepare(window: BrowserWindow): void;
}

/**
 * The console's one window, isolated and sandboxed. It comes and goes while the engine stays: closed, it costs nothing.
 */
export class ConsoleWindow {
  readonly #options: ConsoleWindowOptions;
  #window: BrowserWindow | null = null;

  constructor(options: ConsoleWindowOptions) {
    this.#options = options;
  }

  get current(): BrowserWindow | null {
    return this.#window;
  }

  /** Opens the window where it last stood, or brings it to the front; `hash` is the view to show. */
  async show(hash?: string): Promise<void> {
    const open = this.#window;
    if (open === null) return this.#open(hash ?? '');
    if (open.isMinimized()) open.restore();
    open.show();
    open.focus();
    if (hash !== undefined) await open.loadURL(`${pageOrigin}/${hash}`);
  }

  /** Shows the page anew, if there is one. */
  reload(): void {
    this.#window?.reload();
  }

  /** Keeps how the window stands: closing does by itself. */
  remember(): void {
    const window = this.#window;
    if (window === null || window.isDestroyed()) return;
    const state: WindowState = { bounds: window.getNormalBounds(), maximized: window.isMaximized() };
    writeWindowState(this.#options.stateFile, state);
  }

  async #open(hash: string): Promise<void> {
    const { preloadFile, stateFile, icon, prepare } = this.#options;
    const state = readWindowState(stateFile);
    const window = new BrowserWindow({
      ...placeWindow(
        state,
        screen.getAllDisplays().map(({ workArea }) => workArea),
      ),
      minWidth: smallestWindow.width,
      minHeight: smallestWindow.height,
      show: false,
      autoHideMenuBar: true,
      title: 'Hyper-V Replica Console',
      icon,
      webPreferences: { preload: preloadFile, contextIsolation: true, sandbox: true, nodeIntegration: false },
    });
    this.#window = window;
    if (state?.maximized === true) window.maximize();
    window.once('ready-to-show', () => window.show());
    window.on('close', () => this.remember());
    window.once('closed', () => {
      this.#window = null;
    });
    prepare(window);
    await window.loadURL(`${pageOrigin}/${hash}`);
  }
}
