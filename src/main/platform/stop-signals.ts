/** Signals that ask a process to end: Ctrl-C, a service manager, a closed terminal; Ctrl-Break on Windows. */
const stopSignals: readonly NodeJS.Signals[] =
  process.platform === 'win32' ? ['SIGINT', 'SIGBREAK', 'SIGHUP'] : ['SIGINT', 'SIGTERM', 'SIGHUP'];

/** What shells give a process that Ctrl-C ended. */
const interruptedExitCode = 130;

/** One Ctrl-C may arrive twice, from the terminal and passed on by npm; only a later one is a second one. */
const echoMs = 1000;

/** Where signals come from and what they do; tests give their own. */
export interface SignalSource {
  on(signal: NodeJS.Signals, listener: () => void): unknown;
  off(signal: NodeJS.Signals, listener: () => void): unknown;
  exit(code: number): void;
}

/**
 * Calls `listener` at the first signal that asks this process to end. Whoever asks again wants it now, and the process
 * ends at once: everything kept is kept so that it may. The returned function gives the signals back.
 */
export const onStopSignal = (
  listener: () => void,
  source: SignalSource = process,
  now: () => number = () => performance.now(),
): (() => void) => {
  let firstAt: number | null = null;
  const hear = (): void => {
    if (firstAt === null) {
      firstAt = now();
      listener();
    } else if (now() - firstAt > echoMs) {
      source.exit(interruptedExitCode);
    }
  };
  for (const signal of stopSignals) source.on(signal, hear);
  return () => {
    for (const signal of stopSignals) source.off(signal, hear);
  };
};
