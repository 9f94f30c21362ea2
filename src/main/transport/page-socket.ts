import type { WebSocket } from 'ws';
import { z } from 'zod';
import type { ConsoleClient } from '../../contract/client.ts';
import {
  type DoorMessage,
  type PageHello,
  type PageRequest,
  sessionRefusedCode,
} from '../../contract/page-messages.ts';
import { parseJson } from '../platform/parse-json.ts';
import { answerPage } from './answer-page.ts';
import { PushBatch } from './push-batch.ts';

/** What one page may cost the agent. */
export interface PageLimits {
  /** How long a page may take to show its session. */
  readonly helloMs: number;
  /** A page is asked this often whether it is still there; one that has not answered by the next time is let go. */
  readonly pingMs: number;
  /** Messages taken in a second; more have to wait. */
  readonly messagesPerSecond: number;
  /** Requests answered at the same time; more have to wait. */
  readonly pendingRequests: number;
  /** A page that reads slower than it is sent to is let go rather than kept in memory. */
  readonly unreadBytes: number;
}

export const defaultPageLimits: PageLimits = {
  helloMs: 10_000,
  pingMs: 30_000,
  messagesPerSecond: 500,
  pendingRequests: 500,
  unreadBytes: 16 * 1024 * 1024,
};

const largestSessionLength = 1024;
const invalidMessageCode = 1007;
const secondMs = 1000;

const helloSchema: z.ZodType<PageHello> = z.object({ session: z.string().max(largestSessionLength) });
const requestSchema: z.ZodType<PageRequest> = z.object({
  id: z.int().positive(),
  name: z.string().max(100),
  params: z.unknown(),
});

/** Holds a page's messages back while it has sent too many, or waits for too many answers. */
class Gate {
  readonly #socket: WebSocket;
  readonly #limits: PageLimits;
  #taken = 0;
  #pending = 0;
  #timer: NodeJS.Timeout | null = null;

  constructor(socket: WebSocket, limits: PageLimits) {
    this.#socket = socket;
    this.#limits = limits;
  }

  enter(): void {
    this.#taken++;
    this.#pending++;
    this.#timer ??= setTimeout(() => {
      this.#timer = null;
      this.#taken = 0;
      this.#settle();
    }, secondMs);
    this.#settle();
  }

  leave(): void {
    this.#pending--;
    this.#settle();
  }

  close(): void {
    if (this.#timer !== null) clearTimeout(this.#timer);
  }

  #settle(): void {
    const full =
      this.#taken >= this.#limits.messagesPerSecond || this.#pending >= this.#limits.pendingRequests;
    if (full === this.#socket.isPaused) return;
    if (full) this.#socket.pause();
    else this.#socket.resume();
  }
}

/** Serves the contract to the page behind a socket, once its first message has carried a known session. */
export const servePageSocket = (
  client: ConsoleClient,
  socket: WebSocket,
  isKnown: (session: string) => boolean,
  limits: PageLimits,
): void => {
  const timer = setTimeout(() => socket.close(sessionRefusedCode), limits.helloMs);
  // A frame that is too large or broken: ws closes the socket after this, with the fitting code.
  socket.on('error', () => socket.close());
  socket.once('close', () => clearTimeout(timer));
  socket.once('message', (data) => {
    clearTimeout(timer);
    const hello = helloSchema.safeParse(parseJson(String(data)));
    if (hello.success && isKnown(hello.data.session)) serve(client, socket, limits);
    else socket.close(sessionRefusedCode);
  });
};

const serve = (client: ConsoleClient, socket: WebSocket, limits: PageLimits): void => {
  const send = (message: DoorMessage): void => {
    if (socket.readyState !== socket.OPEN) return;
    socket.send(JSON.stringify(message));
    if (socket.bufferedAmount > limits.unreadBytes) socket.terminate();
  };
  const gate = new Gate(socket, limits);
  const batch = new PushBatch((pushes) => send({ kind: 'pushes', pushes }));
  const unsubscribe = client.subscribe((push) => batch.add(push));
  const stopPinging = pingRegularly(socket, limits.pingMs);
  socket.once('close', () => {
    unsubscribe();
    batch.stop();
    stopPinging();
    gate.close();
  });
  socket.on('message', (data) => {
    const request = requestSchema.safeParse(parseJson(String(data)));
    if (!request.success) return socket.close(invalidMessageCode);
    const { id, name, params } = request.data;
    gate.enter();
    void answerPage(client, name, params).then((outcome) => {
      send({ kind: 'answer', id, outcome });
      gate.leave();
    });
  });
  send({ kind: 'welcome' });
};

/** A machine that went away says no goodbye. */
const pingRegularly = (socket: WebSocket, pingMs: number): (() => void) => {
  let answered = true;
  socket.on('pong', () => {
    answered = true;
  });
  const timer = setInterval(() => {
    // What was held back cannot have answered.
    if (!answered && !socket.isPaused) return socket.terminate();
    answered = false;
    socket.ping();
  }, pingMs);
  return () => clearInterval(timer);
};
