import { type PageBridge, sessionPath } from '../../contract/page-messages.ts';
import { bridgeConnection } from './bridge-connection.ts';
import type { EngineConnection } from './engine-connection.ts';
import { SocketConnection } from './socket-connection.ts';

declare global {
  interface Window {
    readonly hvrc?: PageBridge;
  }
}

const storageKey = 'hvrc-session';

/**
 * Exchanges the one-time token of the link for a session. The session is kept per origin, port included, so that a
 * reload and a second tab work; it ends with the agent.
 */
const takeSession = async (): Promise<string | null> => {
  const token = new URLSearchParams(location.hash.slice(1)).get('token');
  if (token === null) return localStorage.getItem(storageKey);
  history.replaceState(null, '', location.pathname);
  const response = await fetch(sessionPath, { method: 'POST', body: JSON.stringify({ token }) });
  // A link that was followed before: the session it gave then may still be good.
  if (!response.ok) return localStorage.getItem(storageKey);
  const { session } = (await response.json()) as { session: string };
  localStorage.setItem(storageKey, session);
  return session;
};

/** The connection that fits where the page runs: Electron's bridge, else the agent's WebSocket. */
export const connectToDoor = async (): Promise<EngineConnection> =>
  window.hvrc === undefined ? new SocketConnection(await takeSession()) : bridgeConnection(window.hvrc);
