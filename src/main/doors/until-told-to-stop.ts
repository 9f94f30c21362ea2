/** Signals that ask a process to end: Ctrl-C, a service manager, a closed terminal; Ctrl-Break on Windows. */
const stopSignals: readonly NodeJS.Signals[] =
  process.platform === 'win32' ? ['SIGINT', 'SIGBREAK', 'SIGHUP'] : ['SIGINT', 'SIGTERM', 'SIGHUP'];

const impatientExitCode = 130;

/**
 * Resolves at the first signal that asks this process to end. A second one ends it at once: whatever the engine
 * keeps, it keeps so that it may.
 */
export const untilToldToStop = (): Promise<void> =>
  new Promise((resolve) => {
    let told = false;
    for (const signal of stopSignals) {
      process.on(signal, () => {
        if (told) process.exit(impatientExitCode);
        told = true;
        resolve();
      });
    }
  });
