import { join } from 'node:path';
import { onStopSignal } from '../platform/stop-signals.ts';
import type { CliEnvironment } from './environment.ts';

/** The process that `hvrc` really runs in. */
export const systemEnvironment = (): CliEnvironment => ({
  stdout: process.stdout,
  stderr: process.stderr,
  stdin: process.stdin,
  env: process.env,
  // npm starts scripts in the project's directory and keeps here where the user was.
  cwd: (process.env.npm_lifecycle_event === 'hvrc' ? process.env.INIT_CWD : undefined) ?? process.cwd(),
  now: () => Date.now(),
  workersDirectory: join(import.meta.dirname, '..', 'workers'),
  openConsole: async (options) => {
    const { openConsole } = await import('../console/console.ts');
    return openConsole(options);
  },
  onInterrupt: (listener) => onStopSignal(listener),
});
