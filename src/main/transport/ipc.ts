import { type BrowserWindow, type IpcMainInvokeEvent, ipcMain } from 'electron';
import type { ConsoleClient } from '../../contract/client.ts';
import type { DesktopHandlers } from '../../contract/desktop.ts';
import { ReplicationError } from '../../contract/errors.ts';
import { ipcChannels, type PageOutcome } from '../../contract/page-messages.ts';
import { answerDesktopPage } from './answer-desktop-page.ts';
import { answerPage } from './answer-page.ts';
import { PushBatch } from './push-batch.ts';

/**
 * Serves the contract, and the desktop's own few requests, to one window over Electron's IPC. Only the window's own top
 * frame, showing a page of `origin`, is answered. The returned function ends it.
 */
export const serveWindow = (
  client: ConsoleClient,
  desktop: DesktopHandlers,
  window: BrowserWindow,
  origin: string,
): (() => void) => {
  const isOurPage = ({ senderFrame, sender }: IpcMainInvokeEvent): boolean =>
    sender === window.webContents &&
    senderFrame !== null &&
    senderFrame.parent === null &&
    URL.parse(senderFrame.url)?.host === new URL(origin).host &&
    senderFrame.url.startsWith(`${origin}/`);

  const serve = (channel: string, answer: (name: unknown, params: unknown) => Promise<PageOutcome>): void =>
    ipcMain.handle(channel, (event, name: unknown, params: unknown) =>
      isOurPage(event)
        ? answer(name, params)
        : { error: new ReplicationError('INPUT_INVALID', 'Another page may not use the engine.').toReport() },
    );
  serve(ipcChannels.request, (name, params) => answerPage(client, name, params));
  serve(ipcChannels.desktop, (name, params) => answerDesktopPage(desktop, name, params));
  const batch = new PushBatch((pushes) => {
    if (!window.isDestroyed()) window.webContents.send(ipcChannels.pushes, pushes);
  });
  const unsubscribe = client.subscribe((push) => batch.add(push));
  return () => {
    unsubscribe();
    batch.stop();
    ipcMain.removeHandler(ipcChannels.request);
    ipcMain.removeHandler(ipcChannels.desktop);
  };
};
