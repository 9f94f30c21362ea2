import { ReplicationError } from '../../contract/errors.ts';
import type { HostReport } from '../../contract/host-reports.ts';
import type { EngineConnection } from '../connection/engine-connection.ts';
import { showInBrowser } from './browser-notifications.ts';
import { ask, attachEngine } from './engine.ts';
import { rememberedEvents, rememberedJobs, useSite, withPushes, withStatusReport } from './site-store.ts';
import { showDeviceCode, showNotification, showProblem } from './ui-store.ts';

/** Statuses are pushed; what nobody pushes, as when a window opens next, is asked for. */
const statusRefreshMs = 60_000;
/** How often the host is asked which VMs it has: they come and go without a push. */
const hostRefreshMs = 15_000;
/** Vaults are asked more seldom: each is opened for it. */
const vaultRefreshMs = 60_000;

const readHost = async (): Promise<HostReport | 'none'> => {
  try {
    return await ask('host.show', {});
  } catch (error) {
    if (error instanceof ReplicationError && error.code === 'HOST_NOT_SET') return 'none';
    throw error;
  }
};

/** Asks which VMs the host has now; of one that cannot be read the page says why, and shows none. */
export const refreshHost = async (): Promise<void> => {
  const [host, vms] = await Promise.allSettled([readHost(), ask('vm.list', {})]);
  if (host.status === 'rejected') throw host.reason;
  const reachable = host.value !== 'none' && host.value.reachable;
  if (reachable && vms.status === 'rejected') throw vms.reason;
  useSite.setState({
    host: host.value,
    summaries: reachable && vms.status === 'fulfilled' ? vms.value : [],
  });
};

/** Asks each vault what it holds and how much room it has. */
export const refreshVaults = async (): Promise<void> => {
  useSite.setState({ vaults: await ask('vault.list', {}) });
};

export const refreshEngine = async (): Promise<void> => {
  useSite.setState({ engine: await ask('engine.info', {}) });
};

/** Asks for every VM's status, and when the window for resynchronizations opens. */
export const refreshStatus = async (): Promise<void> => {
  const report = await ask('status', {});
  useSite.setState((site) => withStatusReport(site, report, Date.now()));
};

const refreshAll = async (): Promise<void> => {
  const [jobs, events] = await Promise.all([
    ask('jobs', { limit: rememberedJobs }),
    ask('events', { limit: rememberedEvents }),
    refreshVaults(),
    refreshEngine(),
    refreshHost(),
    refreshStatus(),
  ]);
  useSite.setState({ jobs: new Map(jobs.map((job) => [job.id, job])), events });
};

/** Keeps the store at what the engine says: everything anew on each connection, then its pushes. */
export const followEngine = (connection: EngineConnection): void => {
  attachEngine(connection);
  connection.onPushes((pushes) => {
    useSite.setState((site) => withPushes(site, pushes, Date.now()));
    for (const push of pushes) {
      if (push.kind === 'deviceCode') showDeviceCode(push.code);
      if (push.kind !== 'notification') continue;
      showNotification(push.notification);
      showInBrowser(push.notification);
    }
    // The host's own list says which VMs are protected no longer.
    if (pushes.some(({ kind }) => kind === 'unprotected')) refreshHost().catch(showProblem);
  });
  connection.onState((state) => {
    useSite.setState({ connection: state });
    if (state === 'connected') refreshAll().catch(showProblem);
  });
  const whileConnected = (refresh: () => Promise<void>) => () => {
    if (useSite.getState().connection === 'connected') refresh().catch(showProblem);
  };
  setInterval(whileConnected(refreshHost), hostRefreshMs);
  setInterval(whileConnected(refreshVaults), vaultRefreshMs);
  setInterval(whileConnected(refreshStatus), statusRefreshMs);
};
