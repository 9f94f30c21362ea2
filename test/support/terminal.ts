import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';

/** Why no program can be run on a terminal of its own here; null when one can. */
export const noTerminal = (): string | null => {
  if (process.platform === 'win32') return 'script(1) is not on Windows';
  const { stdout, error } = spawnSync('script', ['--version'], { encoding: 'utf8' });
  if (error !== undefined) return 'script(1) is not installed';
  return stdout.includes('util-linux') ? null : 'script(1) is not the one of util-linux';
};

const quoted = (text: string): string => `'${text.replaceAll("'", "'\\''")}'`;

/** A program on a pseudo-terminal, and somebody who types. */
export class Terminal {
  /** All that has appeared. */
  screen = '';
  readonly #child: ChildProcess;
  readonly #exited: Promise<number>;
  #look: () => void = () => undefined;

  constructor(command: readonly string[], env: NodeJS.ProcessEnv) {
    const line = command.map(quoted).join(' ');
    this.#child = spawn('script', ['--quiet', '--return', '--command', line, '/dev/null'], { env });
    this.#exited = once(this.#child, 'exit').then(([code]) => Number(code));
    for (const stream of [this.#child.stdout, this.#child.stderr]) {
      stream?.on('data', (chunk: Buffer) => {
        this.screen += chunk.toString();
        this.#look();
      });
    }
  }

  /** Types a line as soon as `question` has appeared. */
  async answer(question: string, line: string): Promise<void> {
    const from = this.screen.indexOf(question);
    if (from === -1) {
      await new Promise<void>((resolve, reject) => {
        this.#look = () => {
          if (this.screen.includes(question)) resolve();
        };
        void this.#exited.then(() => reject(new Error(`The question never came: ${this.screen}`)));
      });
    }
    this.#child.stdin?.write(`${line}\r`);
  }

  exitCode(): Promise<number> {
    return this.#exited;
  }

  async end(): Promise<void> {
    this.#child.kill();
    await this.#exited;
  }
}
