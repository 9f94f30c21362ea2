/** What the page and its door say to each other: over IPC in Electron, over a WebSocket in a browser. */

import type { ErrorReport } from './errors.ts';
import type { EnginePush } from './events.ts';

/** First message of a WebSocket; nothing else is answered before it. */
export interface PageHello {
  readonly session: string;
}

/** A request of the page; `id` comes back with the answer. */
export interface PageRequest {
  readonly id: number;
  readonly name: string;
  readonly params: unknown;
}

/** How a request ended. */
export type PageOutcome = { readonly result: unknown } | { readonly error: ErrorReport };

export type DoorMessage =
  | { readonly kind: 'welcome' }
  | { readonly kind: 'answer'; readonly id: number; readonly outcome: PageOutcome }
  | { readonly kind: 'pushes'; readonly pushes: readonly EnginePush[] };

/** Close code of a WebSocket whose session is not, or no longer, known. */
export const sessionRefusedCode = 4401;

/** Path of the WebSocket, and of the exchange of a link's token for a session. */
export const socketPath = '/socket';
export const sessionPath = '/session';

/** What the preload script gives the page in Electron, as `window.hvrc`. */
export interface PageBridge {
  request(name: string, params: unknown): Promise<PageOutcome>;
  onPushes(listener: (pushes: readonly EnginePush[]) => void): () => void;
  /** Asks the desktop itself: see `desktop.ts`. */
  askDesktop(name: string, params: unknown): Promise<PageOutcome>;
}

/** Electron's channels: what the page asks of the engine and of the desktop, and what it is pushed. */
export const ipcChannels = {
  request: 'hvrc:request',
  desktop: 'hvrc:desktop',
  pushes: 'hvrc:pushes',
} as const;
