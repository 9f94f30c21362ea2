import { ReplicationError } from '../../contract/errors.ts';
import type { PageBridge } from '../../contract/page-messages.ts';
import type { RequestResult } from '../../contract/requests.ts';
import type { EngineConnection } from './engine-connection.ts';

/** In Electron: through the preload script. The window lives in the same process group, so it is always connected. */
export const bridgeConnection = (bridge: PageBridge): EngineConnection => ({
  request: async (name, params) => {
    const outcome = await bridge.request(name, params);
    if ('error' in outcome) throw ReplicationError.fromReport(outcome.error);
    return outcome.result as RequestResult<typeof name>;
  },
  onState: (listener) => {
    listener('connected');
    return () => {};
  },
  onPushes: (listener) => bridge.onPushes(listener),
});
