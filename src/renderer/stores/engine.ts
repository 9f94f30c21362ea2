import { ReplicationError } from '../../contract/errors.ts';
import type { RequestName, RequestParams, RequestResult } from '../../contract/requests.ts';
import type { EngineConnection } from '../connection/engine-connection.ts';

let connection: EngineConnection | null = null;

/** Which engine the page asks from now on. */
export const attachEngine = (attached: EngineConnection): void => {
  connection = attached;
};

/** Asks the engine. @throws ReplicationError */
export const ask = async <N extends RequestName>(
  name: N,
  params: RequestParams<N>,
): Promise<RequestResult<N>> => {
  if (connection === null) throw new ReplicationError('ENGINE_STOPPED', 'The page is not connected yet.');
  return connection.request(name, params);
};
