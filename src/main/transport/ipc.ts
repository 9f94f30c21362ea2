import { type BrowserWindow, type IpcMainInvokeEvent, ipcMain } from 'electron';
import type { ConsoleClient } from '../../contract/client.ts';
import { ReplicationError } from '../../contract/errors.ts';
import { ipcChannels } from '../../contract/page-messages.ts';
import { answerPage } from './answer-page.ts';
import { PushBatch } from './push-batch.ts';

/**
 * Serves the contract to one window over Electron's IPC. Only the window's own top frame, showing a page of `origin`,
 * is answered. The returned function ends it.
 */
export const serveWindow = (client: ConsoleClient, window: BrowserWindow, origin: string): (() => void) => {
  const isOurPage = ({ senderFrame, sender }: IpcMainInvokeEvent): boolean =>
    sender === window.webContents &&
    senderFrame !== null &&
    senderFrame.parent === null &&
    new URL(senderFrame.url).host === new URL(origin).host &&
    senderFrame.url.startsWith(`${origin}/`);

  ipcMain.handle(ipcChannels.request, (event, name: unknown, params: unknown) =>
    isOurPage(event)
      ? answerPage(client, name, params)
      : { error: new ReplicationError('INPUT_INVALID', 'Another page may not use the engine.').toReport() },
  );
  const batch = new PushBatch((pushes) => {
    if (!window.isDestroyed()) window.webContents.send(ipcChannels.pushes, pushes);
  });
  const unsubscribe = client.subscribe((push) => batch.add(push));
  return () => {
    unsubscribe();
    batch.stop();
    ipcMain.removeHandler(ipcChannels.request);
  };
};
