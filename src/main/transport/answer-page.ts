import { checkRequest } from '../../contract/check-request.ts';
import type { ConsoleClient } from '../../contract/client.ts';
import { ReplicationError } from '../../contract/errors.ts';
import type { PageOutcome } from '../../contract/page-messages.ts';
import { isRequestName } from '../../contract/requests.ts';

/** Serves one request of a page. What goes wrong becomes part of the answer: nothing is thrown. */
export const answerPage = async (
  client: ConsoleClient,
  name: unknown,
  params: unknown,
): Promise<PageOutcome> => {
  try {
    if (typeof name !== 'string' || !isRequestName(name)) {
      throw new ReplicationError('INPUT_INVALID', `There is no request named ${JSON.stringify(name)}.`);
    }
    return { result: await client.request(name, checkRequest(name, params)) };
  } catch (error) {
    return { error: ReplicationError.from(error).toReport() };
  }
};
