import { connect, type Socket } from 'node:net';
import { z } from 'zod';
import type { ConsoleClient } from '../../contract/client.ts';
import { ReplicationError } from '../../contract/errors.ts';
import type { EnginePush } from '../../contract/events.ts';
import { errorReportSchema } from '../../contract/report-schemas.ts';
import type { RequestName, RequestParams, RequestResult } from '../../contract/requests.ts';
import { LineSplitter, maxReplyBytes, parseFrame, printFrame } from './frames.ts';

/** Results and pushes are the engine's own data, of the same product: only the envelope is checked. */
const replyFrame = z.union([
  z.object({ event: z.unknown() }),
  z.object({ id: z.number().nullable(), error: errorReportSchema }),
  z.object({ id: z.number(), result: z.unknown() }),
]);

interface Waiting {
  readonly resolve: (result: never) => void;
  readonly reject: (error: ReplicationError) => void;
}

export interface SocketClient extends ConsoleClient {
  /** Resolves when the connection has ended, whoever ended it. */
  readonly ended: Promise<void>;
  /** Lets go at once, of an engine that does not take part in a farewell either. */
  abandon(): void;
}

/** Connects to an engine; null when none listens there. */
export const connectSocket = async (path: string): Promise<SocketClient | null> => {
  const socket = connect(path);
  try {
    await new Promise<void>((resolve, reject) => {
      socket.once('connect', resolve);
      socket.once('error', reject);
    });
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT' || code === 'ECONNREFUSED' || code === 'ENOTSOCK') return null;
    throw new ReplicationError('DATA_DIRECTORY_UNUSABLE', `The engine's socket ${path} cannot be used.`, {
      file: path,
      cause: error,
    });
  }
  socket.removeAllListeners('error');
  return new Client(socket, path);
};

class Client implements SocketClient {
  readonly ended: Promise<void>;
  readonly #socket: Socket;
  readonly #path: string;
  readonly #waiting = new Map<number, Waiting>();
  readonly #listeners = new Set<(push: EnginePush) => void>();
  readonly #lines = new LineSplitter(maxReplyBytes);
  #nextId = 1;
  #subscribed = false;
  #failure: ReplicationError | null = null;

  constructor(socket: Socket, path: string) {
    this.#socket = socket;
    this.#path = path;
    socket.on('data', (chunk: Buffer) => this.receive(chunk));
    socket.on('error', (cause) => this.fail(this.engineStopped(cause)));
    this.ended = new Promise((resolve) => {
      socket.on('close', () => {
        this.fail(this.engineStopped());
        resolve();
      });
    });
  }

  request<N extends RequestName>(name: N, params: RequestParams<N>): Promise<RequestResult<N>> {
    return new Promise((resolve, reject) => {
      if (this.#failure !== null) return reject(this.#failure);
      const id = this.#nextId++;
      this.#waiting.set(id, { resolve, reject });
      this.#socket.write(printFrame({ id, request: name, params }));
    });
  }

  subscribe(listener: (push: EnginePush) => void): () => void {
    this.#listeners.add(listener);
    if (!this.#subscribed && this.#failure === null) this.#socket.write(printFrame({ subscribe: true }));
    this.#subscribed = true;
    return () => void this.#listeners.delete(listener);
  }

  async close(): Promise<void> {
    this.#socket.destroySoon();
    await this.ended;
  }

  abandon(): void {
    this.#socket.destroy();
  }

  private receive(chunk: Buffer): void {
    try {
      for (const line of this.#lines.push(chunk)) this.take(line);
    } catch (error) {
      this.fail(ReplicationError.from(error));
    }
  }

  private take(line: Buffer): void {
    const checked = replyFrame.safeParse(parseFrame(line));
    if (!checked.success)
      throw new ReplicationError('INPUT_INVALID', `What listens on ${this.#path} is no engine.`);
    const frame = checked.data;
    if ('event' in frame) {
      for (const listener of this.#listeners) listener(frame.event as EnginePush);
      return;
    }
    if ('error' in frame) {
      const error = ReplicationError.fromReport(frame.error);
      if (frame.id === null) throw error;
      this.settle(frame.id)?.reject(error);
    } else this.settle(frame.id)?.resolve(frame.result as never);
  }

  private settle(id: number): Waiting | undefined {
    const waiting = this.#waiting.get(id);
    this.#waiting.delete(id);
    return waiting;
  }

  /** The first reason counts; what still waits gets it. */
  private fail(reason: ReplicationError): void {
    this.#failure ??= reason;
    for (const { reject } of this.#waiting.values()) reject(this.#failure);
    this.#waiting.clear();
    this.#socket.destroy();
  }

  private engineStopped(cause?: unknown): ReplicationError {
    return new ReplicationError('ENGINE_STOPPED', 'The engine went away before it answered.', { cause });
  }
}
