import { createInterface } from 'node:readline';
import { Writable } from 'node:stream';
import type { CliEnvironment } from './environment.ts';

/**
 * Asks for a line without showing what is typed; without a terminal the first line of the input is taken. Empty when the
 * input ends or `signal` aborts before a line came.
 */
export const readSecret = async (
  { stdin, stderr }: Pick<CliEnvironment, 'stdin' | 'stderr'>,
  question: string,
  signal: AbortSignal,
): Promise<string> => {
  if (signal.aborted) return '';
  const isTerminal = stdin.isTTY === true;
  const nowhere = new Writable({ write: (_chunk, _encoding, done) => done() });
  const lines = createInterface({ input: stdin, output: nowhere, terminal: isTerminal });
  // Only now: what is typed as soon as the question appears must not appear beside it.
  if (isTerminal) stderr.write(question);
  const end = () => lines.close();
  signal.addEventListener('abort', end, { once: true });
  try {
    return await new Promise<string>((resolve) => {
      lines.once('line', resolve);
      lines.once('close', () => resolve(''));
      // In a terminal of its own readline catches Ctrl-C: it ends the question.
      lines.once('SIGINT', end);
    });
  } finally {
    signal.removeEventListener('abort', end);
    lines.close();
    if (isTerminal) stderr.write('\n');
  }
};
