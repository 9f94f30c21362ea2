import { Writable } from 'node:stream';

/** Asks at the terminal for what nobody must see: nothing that is typed appears. */
export const askSecret = async (question: string): Promise<string> => {
  const { createInterface } = await import('node:readline/promises');
  const nowhere = new Writable({ write: (_chunk, _encoding, done) => done() });
  process.stderr.write(question);
  const lines = createInterface({ input: process.stdin, output: nowhere, terminal: true });
  try {
    return await lines.question('');
  } finally {
    lines.close();
    process.stderr.write('\n');
  }
};
