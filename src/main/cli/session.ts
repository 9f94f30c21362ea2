import { resolve } from 'node:path';
import { checkRequest } from '../../contract/check-request.ts';
import type { EnginePush } from '../../contract/events.ts';
import type { RequestName, RequestParams, RequestResult } from '../../contract/requests.ts';
import { type Connection, connectEngine, type EngineOptions } from '../transport/connect.ts';
import type { CliEnvironment } from './environment.ts';
import type { Output } from './output.ts';

/** One command's dealings with the engine, which is opened when first needed and let go of at the end. */
export class Session {
  readonly output: Output;
  readonly environment: CliEnvironment;
  readonly dataDirectory: string;
  /** Aborts when the user or the system asks the command to end. */
  readonly signal: AbortSignal;
  #connection: Promise<Connection> | undefined;

  constructor(environment: CliEnvironment, output: Output, dataDirectory: string, signal: AbortSignal) {
    this.environment = environment;
    this.output = output;
    this.dataDirectory = dataDirectory;
    this.signal = signal;
  }

  get engineOptions(): EngineOptions {
    const { openConsole, workersDirectory } = this.environment;
    return { openConsole, workersDirectory, dataDirectory: this.dataDirectory };
  }

  /** The engine that runs, or this process in its place. */
  connect(): Promise<Connection> {
    this.#connection ??= connectEngine(this.engineOptions);
    return this.#connection;
  }

  /** Whether replication cycles go on when this command has ended. */
  async isEngineElsewhere(): Promise<boolean> {
    return (await this.connect()).kind === 'remote';
  }

  async request<N extends RequestName>(name: N, params: RequestParams<N>): Promise<RequestResult<N>> {
    // Before the engine is opened: a mistake in a command should cost nothing.
    checkRequest(name, params);
    return (await this.connect()).client.request(name, params);
  }

  async subscribe(listener: (push: EnginePush) => void): Promise<() => void> {
    return (await this.connect()).client.subscribe(listener);
  }

  /** A path as the user typed it, made absolute. */
  path(path: string): string {
    return resolve(this.environment.cwd, path);
  }

  async close(): Promise<void> {
    const connection = await this.#connection?.catch(() => undefined);
    if (connection === undefined) return;
    if (connection.kind === 'remote') return connection.client.close();
    // After a Ctrl-C nobody else is waited for.
    await (this.signal.aborted ? connection.engine.stop() : connection.engine.close());
  }
}
