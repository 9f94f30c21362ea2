import type { NotificationReport } from '../../contract/alerts.ts';
import { notificationWords } from '../said-by-engine.ts';

/** The desktop program shows alerts itself. */
const isBrowser = (): boolean => window.hvrc === undefined && 'Notification' in window;

/** Whether the user could still be asked to let this browser show alerts. */
export const canAskBrowser = (): boolean => isBrowser() && Notification.permission === 'default';

export const letBrowserShow = async (): Promise<void> => {
  await Notification.requestPermission();
};

/** Shows an alert beside the page, where the user allowed it. */
export const showInBrowser = (notification: NotificationReport): void => {
  if (!isBrowser() || Notification.permission !== 'granted') return;
  const { id, severity } = notification;
  const { title, text } = notificationWords(notification);
  // Other tabs show the same: the tag makes it one.
  new Notification(title, { body: text, tag: id, requireInteraction: severity === 'critical' });
};
