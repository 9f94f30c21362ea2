import { contextBridge, type IpcRendererEvent, ipcRenderer } from 'electron';
import type { EnginePush } from '../contract/events.ts';
import { ipcChannels, type PageBridge, type PageOutcome } from '../contract/page-messages.ts';

const bridge: PageBridge = {
  request: (name, params): Promise<PageOutcome> => ipcRenderer.invoke(ipcChannels.request, name, params),
  askDesktop: (name, params): Promise<PageOutcome> => ipcRenderer.invoke(ipcChannels.desktop, name, params),
  onPushes: (listener) => {
    const receive = (_event: IpcRendererEvent, pushes: readonly EnginePush[]): void => listener(pushes);
    ipcRenderer.on(ipcChannels.pushes, receive);
    return () => {
      ipcRenderer.off(ipcChannels.pushes, receive);
    };
  },
};

contextBridge.exposeInMainWorld('hvrc', bridge);
