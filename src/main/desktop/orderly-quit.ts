import { app } from 'electron';
import { ReplicationError } from '../../contract/errors.ts';

/** An engine that has not come to its next checkpoint by then is left as a power cut would leave it, which it survives. */
const patienceMs = 90_000;

export interface OrderlyQuit {
  /** What is to be kept, at once. */
  prepare(): void;
  /** Brings all that runs to its next checkpoint. */
  drain(): Promise<void>;
  /** It did not, or not in time; ends the program. */
  onFailed(error: unknown): void;
}

/** Ends orderly whenever the program is asked to quit: Electron's own quit waits for nobody. */
export const quitInOrder = ({ prepare, drain, onFailed }: OrderlyQuit): void => {
  let closing = false;
  app.on('before-quit', (event) => {
    event.preventDefault();
    if (closing) return;
    closing = true;
    prepare();
    setTimeout(() => {
      const message = `The engine has not come to a stop within ${patienceMs / 1000} seconds.`;
      onFailed(new ReplicationError('TIMED_OUT', message));
    }, patienceMs);
    drain().then(() => app.exit(0), onFailed);
  });
};
