import type { EnginePush } from './events.ts';
import type { RequestName, RequestParams, RequestResult } from './requests.ts';

/** What every door offers and every screen uses: the engine in this process, or one behind a socket. */
export interface ConsoleClient {
  /** @throws ReplicationError with the catalogue's code; `INPUT_INVALID` when params do not fit, `ENGINE_STOPPED` when the engine goes away */
  request<N extends RequestName>(name: N, params: RequestParams<N>): Promise<RequestResult<N>>;
  /** Calls `listener` with each push from now on; the returned function ends that. */
  subscribe(listener: (push: EnginePush) => void): () => void;
  /** Lets go of the engine. A client in the engine's own process stops it. */
  close(): Promise<void>;
}

/** The engine in this process. Requests are served at once; replication cycles begin with `start`. */
export interface Console extends ConsoleClient {
  /** Begins replication cycles and takes up what an earlier run left. */
  start(): Promise<void>;
  /** Orderly end: running work is brought to its next checkpoint, the store is closed. Safe to call twice. */
  stop(): Promise<void>;
}

export interface ConsoleOptions {
  readonly dataDirectory: string;
  /** Where the worker entry points lie: the source directory, or the bundle. */
  readonly workersDirectory: string;
}

export type OpenConsole = (options: ConsoleOptions) => Promise<Console>;
