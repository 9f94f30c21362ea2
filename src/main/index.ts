/** The desktop door: one Electron process with the engine, and one window. */
import { join } from 'node:path';
import { app, type BrowserWindow, dialog } from 'electron';
import { ReplicationError } from '../contract/errors.ts';
import { openConsole } from './console/console.ts';
import {
  openConsoleWindow,
  pageOrigin,
  refuseForeignPages,
  registerPageScheme,
  servePage,
} from './doors/console-window.ts';
import { LastingEngine } from './doors/lasting-engine.ts';
import { dataDirectory } from './platform/data-directory.ts';
import { onStopSignal } from './platform/stop-signals.ts';
import { serveWindow } from './transport/ipc.ts';

const here = import.meta.dirname;

/** Ends orderly: the engine first comes to its next checkpoint. Electron's own quit waits for nobody. */
const quitAfter = (engine: LastingEngine): void => {
  let closing = false;
  app.on('before-quit', (event) => {
    event.preventDefault();
    if (closing) return;
    closing = true;
    engine.close().then(() => app.exit(0), fail);
  });
  app.on('window-all-closed', () => app.quit());
  onStopSignal(() => app.quit());
  engine.stopped.then(() => app.quit(), fail);
};

const bringToFront = (window: BrowserWindow): void => {
  if (window.isMinimized()) window.restore();
  window.focus();
};

const fail = (error: unknown): void => {
  const { title, message, nextStep } = ReplicationError.from(error).toReport();
  dialog.showErrorBox(title, `${message}\n\n${nextStep}`);
  app.exit(1);
};

const run = async (): Promise<void> => {
  const option = app.commandLine.getSwitchValue('data');
  await app.whenReady();
  servePage(join(here, '../renderer'));
  const engine = await LastingEngine.open({
    dataDirectory: dataDirectory({ option: option === '' ? undefined : option, env: process.env }),
    workersDirectory: join(here, 'workers'),
    openConsole,
  });
  quitAfter(engine);
  const window = await openConsoleWindow(join(here, '../preload/index.cjs'), (opened) => {
    const endService = serveWindow(engine, opened, pageOrigin);
    opened.once('closed', endService);
  });
  engine.onReplaced(() => window.reload());
  app.on('second-instance', () => bringToFront(window));
};

if (app.requestSingleInstanceLock()) {
  registerPageScheme();
  refuseForeignPages();
  run().catch(fail);
} else {
  app.quit();
}
