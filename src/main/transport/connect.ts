import type { Console, ConsoleClient, OpenConsole } from '../../contract/client.ts';
import { ReplicationError } from '../../contract/errors.ts';
import { type Clock, systemClock } from '../platform/clock.ts';
import { type EngineLock, lockEngine, readEngineFile } from '../store/engine-lock.ts';
import { connectSocket, type SocketClient } from './socket-client.ts';
import { socketPathOf } from './socket-path.ts';
import { type SocketServer, serveSocket } from './socket-server.ts';

export interface EngineOptions {
  readonly dataDirectory: string;
  readonly workersDirectory: string;
  readonly openConsole: OpenConsole;
  readonly clock?: Clock;
}

/** The engine of a data directory, opened in this process and served to others on its socket. */
export interface LocalEngine {
  readonly console: Console;
  /** Resolves when a client of the socket asked this engine to stop. */
  readonly stopRequested: Promise<void>;
  /** Waits until no other process waits for an answer, then stops. */
  close(): Promise<void>;
  /** Stops in order: the console, the socket, the lock. Safe to call twice. */
  stop(): Promise<void>;
}

export type Connection =
  | { readonly kind: 'local'; readonly client: ConsoleClient; readonly engine: LocalEngine }
  | { readonly kind: 'remote'; readonly client: SocketClient };

/** A healthy engine answers within milliseconds, a busy one within a second or two. */
const answerWithinMs = 15_000;

/** How long a door waits for an engine that is just starting or just ending, in this many steps of this many milliseconds. */
const patience = { steps: 100, stepMs: 50 };

/**
 * Talks to the engine that runs on the data directory, or becomes it.
 * @throws ReplicationError `ENGINE_RUNNING` when one holds the directory but does not listen
 */
export const connectEngine = (options: EngineOptions): Promise<Connection> =>
  patiently(options, async () => {
    const client = await connectSocket(socketPathOf(options.dataDirectory));
    if (client !== null) return { kind: 'remote', client: await requireAnswer(client, options) };
    const engine = await openEngine(options);
    return { kind: 'local', client: engine.console, engine };
  });

/** An engine that listens but is stuck must not hold up everybody who asks it. @throws ENGINE_UNRESPONSIVE */
const requireAnswer = async (
  client: SocketClient,
  { dataDirectory, clock = systemClock }: EngineOptions,
): Promise<SocketClient> => {
  const given = new AbortController();
  const answered = client.request('engine.info', {}).then(
    () => true,
    // A refusal is an answer too; an engine that ended just now is not there to be asked anything else.
    (error: unknown) => {
      if (error instanceof ReplicationError && error.code === 'ENGINE_STOPPED') throw error;
      return true;
    },
  );
  const waited = clock.wait(answerWithinMs, given.signal).then(() => false);
  try {
    if (await Promise.race([answered, waited])) return client;
  } finally {
    given.abort();
  }
  client.abandon();
  const pid = readEngineFile(dataDirectory)?.pid;
  throw new ReplicationError(
    'ENGINE_UNRESPONSIVE',
    `The engine${pid === undefined ? '' : ` (process ${pid})`} of ${dataDirectory} has not answered for ${answerWithinMs / 1000} seconds.`,
    { file: dataDirectory },
  );
};

/**
 * Becomes the engine of the data directory, once a short command that is it just now has ended.
 * @throws ReplicationError `ENGINE_RUNNING` with the pid of the engine that stays
 */
export const becomeEngine = (options: EngineOptions): Promise<LocalEngine> =>
  patiently(options, () => openEngine(options), isLasting);

/** Whether the engine of the directory replicates, and so will not end by itself. */
const isLasting = async ({ dataDirectory }: EngineOptions): Promise<boolean> => {
  const client = await connectSocket(socketPathOf(dataDirectory));
  if (client === null) return false;
  try {
    return (await client.request('engine.info', {})).running;
  } catch (error) {
    // It ended just now.
    if (error instanceof ReplicationError && error.code === 'ENGINE_STOPPED') return false;
    throw error;
  } finally {
    await client.close();
  }
};

const patiently = async <T>(
  options: EngineOptions,
  attempt: () => Promise<T>,
  isHopeless: (options: EngineOptions) => Promise<boolean> = async () => false,
): Promise<T> => {
  const { clock = systemClock } = options;
  for (let step = 0; ; step++) {
    try {
      return await attempt();
    } catch (error) {
      if (!isEngineRunning(error) || step === patience.steps || (await isHopeless(options))) throw error;
      await clock.wait(patience.stepMs);
    }
  }
};

/**
 * Becomes the engine of the data directory.
 * @throws ReplicationError `ENGINE_RUNNING` with the pid of the process that is, and whatever opening the console throws
 */
export const openEngine = async (options: EngineOptions): Promise<LocalEngine> => {
  const { dataDirectory, workersDirectory, openConsole, clock = systemClock } = options;
  const path = socketPathOf(dataDirectory);
  const lock = lockEngine(dataDirectory, path);
  let console: Console | undefined;
  try {
    console = await openConsole({ dataDirectory, workersDirectory });
    const { promise: stopRequested, resolve: onStopRequested } = Promise.withResolvers<void>();
    const server = await serveSocket({ path, console, onStopRequested, clock });
    return localEngine(console, server, lock, stopRequested);
  } catch (error) {
    await console?.stop();
    lock.release();
    throw error;
  }
};

const localEngine = (
  console: Console,
  server: SocketServer,
  lock: EngineLock,
  stopRequested: Promise<void>,
): LocalEngine => {
  let stopped: Promise<void> | undefined;
  const stopInOrder = async () => {
    try {
      await console.stop();
    } finally {
      // The next engine makes its socket under the same name: ours must be gone before it may.
      await server.close();
      lock.release();
    }
  };
  const stop = () => {
    stopped ??= stopInOrder();
    return stopped;
  };
  return {
    console,
    stopRequested,
    stop,
    close: async () => {
      await Promise.race([server.drain(), stopRequested]);
      await stop();
    },
  };
};

const isEngineRunning = (error: unknown): boolean =>
  error instanceof ReplicationError && error.code === 'ENGINE_RUNNING';
