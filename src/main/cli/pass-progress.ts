import type { PassOptions } from '../disk/long-pass.ts';
import { formatBytes } from '../platform/size-words.ts';
import { progressDisplay } from './progress-display.ts';
import type { Session } from './session.ts';

/** Runs a pass over a disk with its progress shown; a Ctrl-C cancels it. */
export const passProgress = async <T>(
  session: Session,
  doing: string,
  pass: (options: PassOptions) => Promise<T>,
): Promise<T> => {
  const display = progressDisplay(session.environment, session.output.json);
  try {
    return await pass({
      signal: session.signal,
      onProgress: (doneBytes, totalBytes) =>
        display.show({
          key: doing,
          fraction: totalBytes === 0 ? 1 : doneBytes / totalBytes,
          text: `${doing}, ${formatBytes(doneBytes)} of ${formatBytes(totalBytes)}`,
        }),
    });
  } finally {
    display.close();
  }
};
