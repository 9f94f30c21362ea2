import { stat } from 'node:fs/promises';
import { ReplicationError } from '../../../contract/errors.ts';
import { type Clock, systemClock } from '../../platform/clock.ts';

/** A healthy share says within moments what is there. */
const patienceMs = 5_000;

/** Questions without an answer, by directory: each holds one of the few threads for files until the share is back. */
const unanswered = new Map<string, Promise<boolean>>();

/**
 * Asks, without holding the thread, whether anything answers at a directory; that nothing is there is an answer. Calls
 * on a share that has died do not come back: on the thread that serves people they would be the end of all service.
 * @throws ReplicationError `VAULT_UNREACHABLE`
 */
export const requireAnswer = async (
  root: string,
  { clock = systemClock, ask = stat }: { clock?: Clock; ask?: (path: string) => Promise<unknown> } = {},
): Promise<void> => {
  const answered = new AbortController();
  const over = clock.wait(patienceMs, answered.signal).then(() => false);
  const isThere = await Promise.race([question(root, ask), over]);
  answered.abort();
  if (isThere) return;
  const text = `The vault ${root} does not answer.`;
  throw new ReplicationError('VAULT_UNREACHABLE', text, { file: root });
};

const question = (root: string, ask: (path: string) => Promise<unknown>): Promise<boolean> => {
  const asked = unanswered.get(root);
  if (asked !== undefined) return asked;
  const said = () => {
    unanswered.delete(root);
    return true;
  };
  const answer = ask(root).then(said, said);
  unanswered.set(root, answer);
  return answer;
};
