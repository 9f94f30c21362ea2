import type { Console } from '../../src/contract/client.ts';
import { ReplicationError } from '../../src/contract/errors.ts';
import type { EnginePush } from '../../src/contract/events.ts';
import type { RequestName } from '../../src/contract/requests.ts';

export type Handlers = { readonly [N in RequestName]?: (params: never) => unknown };

/** A console that answers from a table of functions and notes what it was asked. */
export class RecordingConsole implements Console {
  readonly asked: { readonly name: RequestName; readonly params: unknown }[] = [];
  readonly #handlers: Handlers;
  readonly #listeners = new Set<(push: EnginePush) => void>();
  started = 0;
  stopped = 0;

  constructor(handlers: Handlers = {}) {
    this.#handlers = handlers;
  }

  get listeners(): number {
    return this.#listeners.size;
  }

  async request(name: RequestName, params: unknown): Promise<never> {
    this.asked.push({ name, params });
    const handler = this.#handlers[name];
    if (handler === undefined) throw new ReplicationError('STATE_INVALID', `${name} is not expected here.`);
    return (await handler(params as never)) as never;
  }

  subscribe(listener: (push: EnginePush) => void): () => void {
    this.#listeners.add(listener);
    return () => void this.#listeners.delete(listener);
  }

  push(push: EnginePush): void {
    for (const listener of this.#listeners) listener(push);
  }

  async start(): Promise<void> {
    this.started++;
  }

  async stop(): Promise<void> {
    this.stopped++;
  }

  close(): Promise<void> {
    return this.stop();
  }
}
