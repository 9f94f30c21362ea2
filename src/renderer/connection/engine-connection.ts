import type { EnginePush } from '../../contract/events.ts';
import type { RequestName, RequestParams, RequestResult } from '../../contract/requests.ts';

/** `refused`: the door does not know this page's session; only a fresh link helps. */
export type ConnectionState = 'connecting' | 'connected' | 'lost' | 'refused';

/** The page's way to the engine. It reconnects by itself; whoever listens asks anew for everything on `connected`. */
export interface EngineConnection {
  /** @throws ReplicationError of the engine, or `ENGINE_STOPPED` when the connection is lost meanwhile */
  request<N extends RequestName>(name: N, params: RequestParams<N>): Promise<RequestResult<N>>;
  /** Tells the present state at once, then each change. */
  onState(listener: (state: ConnectionState) => void): () => void;
  onPushes(listener: (pushes: readonly EnginePush[]) => void): () => void;
}
