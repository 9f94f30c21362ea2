import { app, BrowserWindow, protocol, session } from 'electron';
import { readPageFile } from '../transport/page-files.ts';

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

/** The console's window, isolated and sandboxed; shown once it has something to show. `prepare` runs before the page does. */
export const openConsoleWindow = async (
  preloadFile: string,
  prepare: (window: BrowserWindow) => void,
): Promise<BrowserWindow> => {
  const window = new BrowserWindow({
    width: 1280,
    height: 800,
    minWidth: 800,
    minHeight: 500,
    show: false,
    autoHideMenuBar: true,
    title: 'Hyper-V Replica Console',
    webPreferences: { preload: preloadFile, contextIsolation: true, sandbox: true, nodeIntegration: false },
  });
  window.once('ready-to-show', () => window.show());
  prepare(window);
  await window.loadURL(`${pageOrigin}/`);
  return window;
};
