import { ReplicationError } from '../../contract/errors.ts';
import type { EnginePush } from '../../contract/events.ts';
import { type DoorMessage, sessionRefusedCode, socketPath } from '../../contract/page-messages.ts';
import type { RequestName, RequestParams, RequestResult } from '../../contract/requests.ts';
import type { ConnectionState, EngineConnection } from './engine-connection.ts';

interface Waiting {
  resolve(result: unknown): void;
  reject(error: ReplicationError): void;
}

/** Pauses before the tries to reconnect, the last one repeated. */
const reconnectMs = [500, 1000, 2000, 5000];

/** In a browser: a WebSocket to the agent that served the page. `session` is null when this page has none. */
export class SocketConnection implements EngineConnection {
  readonly #stateListeners = new Set<(state: ConnectionState) => void>();
  readonly #pushListeners = new Set<(pushes: readonly EnginePush[]) => void>();
  readonly #waiting = new Map<number, Waiting>();
  #state: ConnectionState = 'connecting';
  #socket: WebSocket | null = null;
  #lastId = 0;
  #failures = 0;

  constructor(session: string | null) {
    if (session === null) this.#setState('refused');
    else this.#open(session);
  }

  request<N extends RequestName>(name: N, params: RequestParams<N>): Promise<RequestResult<N>> {
    const socket = this.#socket;
    if (socket === null || this.#state !== 'connected') return Promise.reject(engineGone());
    const id = ++this.#lastId;
    return new Promise((resolve, reject) => {
      this.#waiting.set(id, { resolve: (result) => resolve(result as RequestResult<N>), reject });
      socket.send(JSON.stringify({ id, name, params }));
    });
  }

  onState(listener: (state: ConnectionState) => void): () => void {
    this.#stateListeners.add(listener);
    listener(this.#state);
    return () => this.#stateListeners.delete(listener);
  }

  onPushes(listener: (pushes: readonly EnginePush[]) => void): () => void {
    this.#pushListeners.add(listener);
    return () => this.#pushListeners.delete(listener);
  }

  #open(session: string): void {
    const scheme = location.protocol === 'https:' ? 'wss' : 'ws';
    const socket = new WebSocket(`${scheme}://${location.host}${socketPath}`);
    this.#socket = socket;
    socket.addEventListener('open', () => socket.send(JSON.stringify({ session })));
    socket.addEventListener('message', ({ data }) => this.#receive(JSON.parse(String(data)) as DoorMessage));
    socket.addEventListener('close', ({ code }) => {
      this.#socket = null;
      for (const { reject } of this.#waiting.values()) reject(engineGone());
      this.#waiting.clear();
      if (code === sessionRefusedCode) return this.#setState('refused');
      this.#setState('lost');
      const pause = reconnectMs[Math.min(this.#failures++, reconnectMs.length - 1)];
      setTimeout(() => this.#open(session), pause);
    });
  }

  #receive(message: DoorMessage): void {
    if (message.kind === 'welcome') {
      this.#failures = 0;
      this.#setState('connected');
    } else if (message.kind === 'pushes') {
      for (const listener of this.#pushListeners) listener(message.pushes);
    } else {
      const waiting = this.#waiting.get(message.id);
      this.#waiting.delete(message.id);
      if ('error' in message.outcome) waiting?.reject(ReplicationError.fromReport(message.outcome.error));
      else waiting?.resolve(message.outcome.result);
    }
  }

  #setState(state: ConnectionState): void {
    this.#state = state;
    for (const listener of this.#stateListeners) listener(state);
  }
}

const engineGone = () => new ReplicationError('ENGINE_STOPPED', 'The engine cannot be reached.');
