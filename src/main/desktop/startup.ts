import { app } from 'electron';
import type { StartupReport } from '../../contract/desktop.ts';

/** Started by the system: no window until somebody wants it. */
export const hiddenSwitch = 'hidden';

const isSupported = process.platform === 'win32' || process.platform === 'darwin';

/** What the system is to run when its user signs in: this program, for this data directory, without its window. */
const loginItem = (dataOption: string) => ({
  path: process.execPath,
  args: [
    ...(app.isPackaged ? [] : [app.getAppPath()]),
    ...(dataOption === '' ? [] : [`--data=${dataOption}`]),
    `--${hiddenSwitch}`,
  ],
});

/** Whether the console starts with the system. The system itself keeps that. */
export const showStartup = (dataOption: string): StartupReport =>
  isSupported
    ? { supported: true, enabled: app.getLoginItemSettings(loginItem(dataOption)).openAtLogin }
    : { supported: false, enabled: false };

export const changeStartup = (enabled: boolean, dataOption: string): StartupReport => {
  if (isSupported) app.setLoginItemSettings({ ...loginItem(dataOption), openAtLogin: enabled });
  return showStartup(dataOption);
};
