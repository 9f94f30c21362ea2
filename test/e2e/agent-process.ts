import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { createInterface } from 'node:readline';

const outDirectory = join(import.meta.dirname, '../../out');

export interface RunningAgent {
  /** Opens the console once. */
  readonly link: string;
  readonly origin: string;
  /** Asks it to end and resolves with its exit code. */
  stop(): Promise<number | null>;
}

/** Runs the built agent on a data directory. */
export const startAgent = async (dataDirectory: string, port = 0): Promise<RunningAgent> => {
  const agent = spawn(
    process.execPath,
    [join(outDirectory, 'main/agent.js'), '--data', dataDirectory, '--port', String(port), '--no-open'],
    { stdio: ['ignore', 'pipe', 'inherit'] },
  );
  const link = await readLink(agent);
  return {
    link,
    origin: new URL(link).origin,
    stop: async () => {
      if (agent.exitCode === null) {
        const exited = once(agent, 'exit');
        agent.kill('SIGTERM');
        await exited;
      }
      return agent.exitCode;
    },
  };
};

const readLink = async (agent: ChildProcess): Promise<string> => {
  for await (const line of createInterface({ input: agent.stdout! })) {
    const link = /http:\/\/\S+#token=\S+/.exec(line)?.[0];
    if (link !== undefined) return link;
  }
  throw new Error('The agent ended before it printed a link.');
};

/** Runs the built `hvrc` to its end. @throws Error with what it printed when it fails */
export const hvrc = async (dataDirectory: string, ...args: readonly string[]): Promise<string> => {
  const child = spawn(process.execPath, [
    join(outDirectory, 'main/cli.js'),
    '--data',
    dataDirectory,
    ...args,
  ]);
  const printed: string[] = [];
  for (const stream of [child.stdout, child.stderr])
    stream.on('data', (chunk) => printed.push(String(chunk)));
  const [code] = (await once(child, 'close')) as [number | null];
  if (code !== 0) throw new Error(`hvrc ${args.join(' ')} ended with ${code}: ${printed.join('')}`);
  return printed.join('');
};
