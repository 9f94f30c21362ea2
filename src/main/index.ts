/** The desktop door: one Electron process with the engine, a tray icon, and a window that comes and goes. */
import { join } from 'node:path';
import { app, dialog, Notification, powerMonitor } from 'electron';
import type { DesktopHandlers } from '../contract/desktop.ts';
import { ReplicationError } from '../contract/errors.ts';
import { openConsole } from './console/console.ts';
import { ConsoleTray } from './desktop/console-tray.ts';
import {
  ConsoleWindow,
  pageOrigin,
  refuseForeignPages,
  registerPageScheme,
  servePage,
} from './desktop/console-window.ts';
import { quitInOrder } from './desktop/orderly-quit.ts';
import { systemSealer } from './desktop/secret-sealer.ts';
import { SiteWatch, summaryOf } from './desktop/site-watch.ts';
import { changeStartup, hiddenSwitch, showStartup } from './desktop/startup.ts';
import { desktopWords } from './desktop/words.ts';
import { LastingEngine } from './doors/lasting-engine.ts';
import { createDataDirectory, dataDirectory } from './platform/data-directory.ts';
import { onStopSignal } from './platform/stop-signals.ts';
import { serveWindow } from './transport/ipc.ts';

const here = import.meta.dirname;
const resources = join(here, '../../resources');
const dataOption = app.commandLine.getSwitchValue('data');
const data = dataDirectory({ option: dataOption === '' ? undefined : dataOption, env: process.env });

const fail = (error: unknown): void => {
  const { title, message, nextStep } = ReplicationError.from(error).toReport();
  dialog.showErrorBox(title, `${message}\n\n${nextStep}`);
  app.exit(1);
};

const desktopHandlers = (window: ConsoleWindow): DesktopHandlers => ({
  'folder.choose': async ({ title, startAt }) => {
    const owner = window.current;
    const options = {
      title,
      properties: ['openDirectory', 'createDirectory'] as const,
      ...(startAt === undefined ? {} : { defaultPath: startAt }),
    };
    const asked = { ...options, properties: [...options.properties] };
    const { filePaths } = await (owner === null
      ? dialog.showOpenDialog(asked)
      : dialog.showOpenDialog(owner, asked));
    return filePaths[0] ?? null;
  },
  'startup.show': () => showStartup(dataOption),
  'startup.change': ({ enabled }) => changeStartup(enabled, dataOption),
});

const run = async (): Promise<void> => {
  await app.whenReady();
  const words = desktopWords(app.getLocale());
  servePage(join(here, '../renderer'));
  const engine = await LastingEngine.open({
    dataDirectory: data,
    workersDirectory: join(here, 'workers'),
    openConsole: (options) => openConsole({ ...options, sealer: systemSealer() }),
  });
  const window: ConsoleWindow = new ConsoleWindow({
    preloadFile: join(here, '../preload/index.cjs'),
    stateFile: join(data, 'window.json'),
    icon: join(resources, 'icons/256x256.png'),
    prepare: (opened) => {
      opened.once('closed', serveWindow(engine, desktopHandlers(window), opened, pageOrigin));
      // Windows signs its user off: there is no time to ask, but some to come to a checkpoint.
      opened.on('session-end', () => app.quit());
    },
  });
  const show = (hash?: string): void => {
    window.show(hash).catch(fail);
  };
  const notify = (title: string, body: string, hash?: string): void => {
    if (!Notification.isSupported()) return;
    const notification = new Notification({ title, body, icon: join(resources, 'icons/64x64.png') });
    notification.on('click', () => show(hash));
    notification.show();
  };
  const tellFailure = (error: unknown): void => notify(words.failed, ReplicationError.from(error).message);
  const forAll = (request: 'pause' | 'resume'): void => {
    const wanted = site.statuses.filter(({ paused }) => paused === (request === 'resume'));
    Promise.all(wanted.map(({ id }) => engine.request(request, { vm: id }))).catch(tellFailure);
  };
  const tray = new ConsoleTray(
    join(resources, 'tray'),
    words,
    {
      open: () => show(),
      pauseAll: () => forAll('pause'),
      resumeAll: () => forAll('resume'),
      quit: () => app.quit(),
    },
    summaryOf([]),
  );
  const site = new SiteWatch(engine, (summary) => tray.show(summary));
  engine.subscribe((push) => {
    if (push.kind !== 'notification') return;
    const { title, text, items } = push.notification;
    const vmId = items.find((item) => item.vmId !== null)?.vmId;
    notify(title, text, vmId ? `#/vm/${encodeURIComponent(vmId)}` : undefined);
  });
  await site.refresh();

  quitInOrder({
    prepare: () => {
      window.remember();
      tray.remove();
    },
    drain: () => engine.close(),
    onFailed: fail,
  });
  onStopSignal(() => app.quit());
  engine.stopped.then(() => app.quit(), fail);
  engine.onReplaced(() => {
    window.reload();
    site.refresh().catch(tellFailure);
  });
  powerMonitor.on('resume', () => {
    engine.request('engine.wake', {}).catch(tellFailure);
  });
  app.on('second-instance', () => show());
  let told = false;
  // Closed, not quit: replication goes on beside the clock, which is said once.
  app.on('window-all-closed', () => {
    if (!told) notify(words.goesOn, words.goesOnBody);
    told = true;
  });
  if (!app.commandLine.hasSwitch(hiddenSwitch)) await window.show();
};

// One window for each data directory: Electron's own files, by which it knows that it runs already, lie there too.
createDataDirectory(data);
app.setPath('userData', join(data, 'desktop'));
if (app.requestSingleInstanceLock()) {
  registerPageScheme();
  refuseForeignPages();
  run().catch(fail);
} else {
  app.quit();
}
