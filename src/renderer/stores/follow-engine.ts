import { ReplicationError } from '../../contract/errors.ts';
import type { HostReport } from '../../contract/reports.ts';
import type { EngineConnection } from '../connection/engine-connection.ts';
import { useSite, withPushes, withStatusReport } from './site-store.ts';

/** How often the host is asked which VMs it has: they come and go without a push. */
const hostRefreshMs = 15_000;

const readHost = async (connection: EngineConnection): Promise<HostReport | 'none'> => {
  try {
    return await connection.request('host.show', {});
  } catch (error) {
    if (error instanceof ReplicationError && error.code === 'HOST_NOT_SET') return 'none';
    throw error;
  }
};

const refreshHost = async (connection: EngineConnection): Promise<void> => {
  const host = await readHost(connection);
  const summaries = host !== 'none' && host.reachable ? await connection.request('vm.list', {}) : [];
  useSite.setState({ host, summaries });
};

const refreshAll = async (connection: EngineConnection): Promise<void> => {
  const [report, engine] = await Promise.all([
    connection.request('status', {}),
    connection.request('engine.info', {}),
    refreshHost(connection),
  ]);
  useSite.setState((site) => ({ ...withStatusReport(site, report, Date.now()), engine }));
};

/** Shows a failed request in the message bar; a lost connection has a bar of its own. */
export const showProblem = (error: unknown): void => {
  const { code, message } = ReplicationError.from(error);
  if (code !== 'ENGINE_STOPPED') useSite.setState({ problem: message });
};

/** Keeps the store at what the engine says: everything anew on each connection, then its pushes. */
export const followEngine = (connection: EngineConnection): void => {
  connection.onPushes((pushes) => useSite.setState((site) => withPushes(site, pushes, Date.now())));
  connection.onState((state) => {
    useSite.setState({ connection: state });
    if (state === 'connected') refreshAll(connection).catch(showProblem);
  });
  setInterval(() => {
    if (useSite.getState().connection === 'connected') refreshHost(connection).catch(showProblem);
  }, hostRefreshMs);
};
