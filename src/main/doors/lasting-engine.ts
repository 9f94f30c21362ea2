import type { ConsoleClient } from '../../contract/client.ts';
import type { EnginePush } from '../../contract/events.ts';
import type { RequestName, RequestParams, RequestResult } from '../../contract/requests.ts';
import { type Connection, connectEngine, type EngineOptions } from '../transport/connect.ts';

/**
 * The engine of a data directory for as long as a door is open: the one that runs there already, and this process itself as
 * soon as that one ends. A short `hvrc` command may be the engine for a moment; the console must not end with it.
 */
export class LastingEngine implements ConsoleClient {
  /** Resolves when somebody asked the engine in this process to stop, or this door failed to take over. */
  readonly stopped: Promise<void>;
  readonly #options: EngineOptions;
  readonly #listeners = new Set<(push: EnginePush) => void>();
  readonly #replacedListeners = new Set<() => void>();
  readonly #resolveStopped: () => void;
  readonly #rejectStopped: (error: unknown) => void;
  #connection: Connection;
  #closing = false;

  private constructor(options: EngineOptions, connection: Connection) {
    this.#options = options;
    this.#connection = connection;
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    this.stopped = promise;
    this.#resolveStopped = resolve;
    this.#rejectStopped = reject;
  }

  /** @throws ReplicationError as opening the engine does */
  static async open(options: EngineOptions): Promise<LastingEngine> {
    const engine = new LastingEngine(options, await connectEngine(options));
    await engine.#begin();
    return engine;
  }

  /** Whether the engine is in this process. */
  get isOurs(): boolean {
    return this.#connection.kind === 'local';
  }

  async request<N extends RequestName>(name: N, params: RequestParams<N>): Promise<RequestResult<N>> {
    if (name !== 'engine.stop' || !this.isOurs) return this.#connection.client.request(name, params);
    setImmediate(this.#resolveStopped);
    return { stopping: true } as RequestResult<N>;
  }

  subscribe(listener: (push: EnginePush) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** Calls `listener` when another engine took over: what was heard of the former one may be out of date. */
  onReplaced(listener: () => void): () => void {
    this.#replacedListeners.add(listener);
    return () => this.#replacedListeners.delete(listener);
  }

  /** Stops the engine in this process, or lets go of the other one. */
  async close(): Promise<void> {
    this.#closing = true;
    if (this.#connection.kind === 'local') await this.#connection.engine.stop();
    else await this.#connection.client.close();
  }

  async #begin(): Promise<void> {
    const connection = this.#connection;
    connection.client.subscribe((push) => {
      for (const listener of this.#listeners) listener(push);
    });
    if (connection.kind === 'local') {
      void connection.engine.stopRequested.then(this.#resolveStopped);
      await connection.engine.console.start();
    } else {
      void connection.client.ended.then(() => this.#takeOver());
    }
  }

  async #takeOver(): Promise<void> {
    if (this.#closing) return;
    try {
      this.#connection = await connectEngine(this.#options);
      // Closed meanwhile: what was just opened goes the same way.
      if (this.#closing) return await this.close();
      await this.#begin();
      for (const listener of this.#replacedListeners) listener();
    } catch (error) {
      this.#rejectStopped(error);
    }
  }
}
