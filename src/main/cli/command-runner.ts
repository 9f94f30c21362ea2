import { ReplicationError } from '../../contract/errors.ts';
import { dataDirectory } from '../platform/data-directory.ts';
import type { CliEnvironment } from './environment.ts';
import { exitCodeOf, exitCodes } from './exit-code.ts';
import { Output } from './output.ts';
import type { Session } from './session.ts';

export interface GlobalOptions {
  readonly data?: string;
  readonly json?: boolean;
}

/** What a command does; its exit code when that is not 0. */
export type Work = (session: Session) => Promise<number | undefined>;

/** Runs one command from its options to its exit code: errors are printed, a Ctrl-C ends it, the engine is let go of. */
export class CommandRunner {
  exitCode: number = exitCodes.done;
  readonly #environment: CliEnvironment;
  readonly #options: () => GlobalOptions;

  constructor(environment: CliEnvironment, options: () => GlobalOptions) {
    this.#environment = environment;
    this.#options = options;
  }

  async run(work: Work): Promise<void> {
    const { data, json = false } = this.#options();
    const environment = this.#environment;
    const output = new Output(environment, json);
    const interrupt = new AbortController();
    const release = environment.onInterrupt(() => interrupt.abort());
    // Only now: `--help` must not wait for the schemas of the contract.
    const { Session } = await import('./session.ts');
    const directory = dataDirectory({ option: data, env: environment.env });
    const session = new Session(environment, output, directory, interrupt.signal);
    try {
      this.exitCode = await guarded(session, async () => (await work(session)) ?? exitCodes.done);
      const closing = await guarded(session, async () => {
        await session.close();
        return exitCodes.done;
      });
      if (this.exitCode === exitCodes.done) this.exitCode = closing;
    } finally {
      release();
    }
  }
}

const guarded = async (session: Session, work: () => Promise<number>): Promise<number> => {
  try {
    return await work();
  } catch (thrown) {
    const error = ReplicationError.from(thrown);
    if (!(thrown instanceof ReplicationError)) await logUnforeseen(session.dataDirectory, thrown);
    session.output.error(error);
    return session.signal.aborted ? exitCodes.interrupted : exitCodeOf(error);
  }
};

/** People are told to look into the log file: the stack must be there, not on their screen. */
const logUnforeseen = async (directory: string, error: unknown): Promise<void> => {
  const { openLog } = await import('../platform/log.ts');
  const log = openLog(directory);
  log.error({ error }, 'hvrc failed');
  log.close();
};
