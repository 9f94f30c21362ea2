import { lstatSync, rmSync } from 'node:fs';
import { createServer, type Server, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { dirname, resolve } from 'node:path';
import { checkRequest } from '../../contract/check-request.ts';
import type { ConsoleClient } from '../../contract/client.ts';
import { ReplicationError } from '../../contract/errors.ts';
import type { RequestName } from '../../contract/requests.ts';
import { type Clock, systemClock } from '../platform/clock.ts';
import { createDirectory } from '../platform/create-directory.ts';
import {
  LineSplitter,
  maxRequestBytes,
  parseFrame,
  printFrame,
  type ReplyFrame,
  requestFrame,
} from './frames.ts';

export interface SocketServerOptions {
  /** From `socketPathOf`. The caller holds the engine lock of the data directory, so whatever is found there is stale. */
  readonly path: string;
  readonly console: ConsoleClient;
  /** A client asked for `engine.stop`. */
  readonly onStopRequested: () => void;
  readonly clock?: Clock;
}

export interface SocketServer {
  readonly path: string;
  /** Resolves when no client waits for an answer, or got one just now and may ask again. */
  drain(): Promise<void>;
  /** Ends every connection. */
  close(): Promise<void>;
}

/** A client that reads slower than the engine pushes is let go rather than kept in memory. */
const maxUnreadBytes = 16 * 1024 * 1024;
/** A client that was answered this long ago has finished, or only watches. */
const lingerMs = 1_000;
const drainStepMs = 50;

/**
 * Serves the contract to processes of the same user on this machine.
 * @throws ReplicationError `DATA_DIRECTORY_UNUSABLE` when the socket cannot be made
 */
export const serveSocket = async (options: SocketServerOptions): Promise<SocketServer> => {
  const clock = options.clock ?? systemClock;
  const connections = new Set<Connection>();
  const server = createServer((socket) => {
    const connection = new Connection(socket, options, clock);
    connections.add(connection);
    socket.on('close', () => connections.delete(connection));
  });
  try {
    await listen(server, options.path);
  } catch (cause) {
    throw new ReplicationError('DATA_DIRECTORY_UNUSABLE', `The engine cannot listen on ${options.path}.`, {
      file: options.path,
      cause,
    });
  }
  return {
    path: options.path,
    drain: async () => {
      const inUse = () => [...connections].some((connection) => connection.idleMs() < lingerMs);
      while (inUse()) await clock.wait(drainStepMs);
    },
    close: async () => {
      const ended = new Promise<void>((resolve) => server.close(() => resolve()));
      for (const connection of connections) connection.end();
      await ended;
    },
  };
};

const listen = async (server: Server, path: string): Promise<void> => {
  const posix = process.platform !== 'win32';
  if (posix) makeRoom(path);
  // The socket is made inside listen(), before it returns; nobody else may write to it, not even for a moment.
  const mask = posix ? process.umask(0o177) : null;
  try {
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject);
      server.listen(path, () => {
        server.off('error', reject);
        resolve();
      });
      if (mask !== null) process.umask(mask);
    });
  } finally {
    if (mask !== null) process.umask(mask);
  }
};

const makeRoom = (path: string): void => {
  const directory = dirname(path);
  createDirectory(directory, 0o700);
  // In the shared temporary directory somebody else may have made it first, to listen in our place.
  if (dirname(directory) === resolve(tmpdir()) && lstatSync(directory).uid !== process.getuid?.())
    throw new Error(`${directory} belongs to another user`);
  const stale = lstatSync(path, { throwIfNoEntry: false });
  if (stale === undefined) return;
  if (!stale.isSocket()) throw new Error(`${path} is no socket`);
  rmSync(path);
};

class Connection {
  readonly #socket: Socket;
  readonly #options: SocketServerOptions;
  readonly #clock: Clock;
  readonly #lines = new LineSplitter(maxRequestBytes);
  #unsubscribe: (() => void) | null = null;
  #refused = false;
  /** Requests that wait for their answer. */
  #pending = 0;
  #activeAtMs: number;

  constructor(socket: Socket, options: SocketServerOptions, clock: Clock) {
    this.#socket = socket;
    this.#options = options;
    this.#clock = clock;
    this.#activeAtMs = clock.now();
    socket.on('data', (chunk: Buffer) => this.receive(chunk));
    socket.on('close', () => this.#unsubscribe?.());
    // A client that went away, with or without a word: 'close' follows.
    socket.on('error', () => socket.destroy());
  }

  /** How long nothing was asked of the engine here; 0 while something is. */
  idleMs(): number {
    return this.#pending > 0 ? 0 : this.#clock.now() - this.#activeAtMs;
  }

  end(): void {
    this.#socket.end();
    this.#socket.destroySoon();
  }

  private receive(chunk: Buffer): void {
    if (this.#refused) return;
    try {
      for (const line of this.#lines.push(chunk)) {
        const checked = requestFrame.safeParse(parseFrame(line));
        if (!checked.success)
          throw new ReplicationError('INPUT_INVALID', 'A frame on the socket is no request.');
        if ('subscribe' in checked.data)
          this.#unsubscribe ??= this.#options.console.subscribe((event) => this.send({ event }));
        else void this.answer(checked.data.id, checked.data.request, checked.data.params);
      }
    } catch (error) {
      // Where one frame ends and the next begins is no longer certain.
      this.#refused = true;
      this.send({ id: null, error: ReplicationError.from(error).toReport() });
      this.end();
    }
  }

  private async answer(id: number, name: string, params: unknown): Promise<void> {
    this.#pending++;
    try {
      this.send({ id, result: await this.perform(name as RequestName, params) });
    } catch (error) {
      this.send({ id, error: ReplicationError.from(error).toReport() });
    } finally {
      this.#pending--;
      this.#activeAtMs = this.#clock.now();
    }
  }

  private async perform(name: RequestName, params: unknown): Promise<unknown> {
    const checked = checkRequest(name, params);
    if (name !== 'engine.stop') return await this.#options.console.request(name, checked);
    setImmediate(this.#options.onStopRequested);
    return { stopping: true };
  }

  private send(frame: ReplyFrame): void {
    if (!this.#socket.writable) return;
    this.#socket.write(printFrame(frame));
    if (this.#socket.writableLength > maxUnreadBytes) this.#socket.destroy();
  }
}
