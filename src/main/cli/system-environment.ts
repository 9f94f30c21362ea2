import { join } from 'node:path';
import type { CliEnvironment } from './environment.ts';
import { exitCodes } from './exit-code.ts';

const signals: readonly NodeJS.Signals[] =
  process.platform === 'win32' ? ['SIGINT', 'SIGBREAK', 'SIGHUP'] : ['SIGINT', 'SIGTERM', 'SIGHUP'];

/** The process that `hvrc` really runs in. */
export const systemEnvironment = (): CliEnvironment => ({
  stdout: process.stdout,
  stderr: process.stderr,
  env: process.env,
  // npm starts scripts in the project's directory and keeps here where the user was.
  cwd: (process.env.npm_lifecycle_event === 'hvrc' ? process.env.INIT_CWD : undefined) ?? process.cwd(),
  now: () => Date.now(),
  workersDirectory: join(import.meta.dirname, '..', 'workers'),
  openConsole: async (options) => {
    const { openConsole } = await import('../console/console.ts');
    return openConsole(options);
  },
  onInterrupt: (listener) => {
    let interrupted = false;
    const hear = () => {
      // Whoever asks twice wants it now; everything kept is kept so that it may.
      if (interrupted) process.exit(exitCodes.interrupted);
      interrupted = true;
      listener();
    };
    for (const signal of signals) process.on(signal, hear);
    return () => {
      for (const signal of signals) process.off(signal, hear);
    };
  },
});
