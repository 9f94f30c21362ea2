import { monitorEventLoopDelay } from 'node:perf_hooks';
import { checkRequest } from '../../contract/check-request.ts';
import { ReplicationError } from '../../contract/errors.ts';
import { isEnded } from '../../contract/job-reports.ts';
import type {
  CheckedParams,
  RequestHandlers,
  RequestName,
  RequestParams,
  RequestResult,
} from '../../contract/requests.ts';
import type { ConsoleContext } from './console-context.ts';
import { findEvents } from './find-events.ts';
import { restartJob, startJob } from './job-works.ts';
import { listFolder } from './list-folder.ts';
import { logAround } from './log-around.ts';
import { productVersion } from './product-version.ts';
import { protect } from './protect.ts';
import { changeDisks } from './protection-disks.ts';
import { rebuiltNotice } from './rebuild-store.ts';
import { findInVaults, pointsReport } from './restore.ts';
import { resyncHistory } from './resync-history.ts';
import { resyncMap } from './resync-map.ts';
import { retriesReport } from './retries.ts';
import { keepSupportBundle } from './support-bundle.ts';
import { addWords, asVaultJob, openWords, removeWords, renameWords, signInWords } from './vault-job.ts';
import { vmHistory } from './vm-history.ts';
import { vmSeries } from './vm-series.ts';
import { resetStatistics, vmStatistics } from './vm-statistics.ts';
import { findProtected, statusReport, vmStatus, vmSummary } from './vm-status.ts';
import { waitForJob } from './wait-for-job.ts';

const defaultHistory = 200;
const loopSamplingMs = 10;

/** What each request does. Long work answers with its job and goes on. */
export const requestHandlers = (context: ConsoleContext): RequestHandlers => {
  const { engine, jobs, store, hostKeeper, vaults } = context;
  const loopDelay = monitorEventLoopDelay({ resolution: loopSamplingMs });
  loopDelay.enable();

  const ask = <N extends RequestName>(name: N, params: RequestParams<N>): Promise<RequestResult<N>> => {
    const handler = handlers[name] as (params: CheckedParams<N>) => Promise<RequestResult<N>>;
    return handler(checkRequest(name, params));
  };
  const handlers: RequestHandlers = {
    'host.use': ({ path }) => hostKeeper.use(path),
    'host.show': () => hostKeeper.show(),
    'host.sample': async ({ path }) => {
      const { createSampleSite } = await import('../sample/sample-site.ts');
      return hostKeeper.use((await createSampleSite(path)).directory);
    },
    'vm.list': async () => {
      const vms = await hostKeeper.host().listVms();
      return Promise.all(vms.map((vm) => vmSummary(context, vm)));
    },
    'vm.show': async ({ vm }) => vmSummary(context, await hostKeeper.find(vm)),

    'vm.history': async ({ vm, limit }) =>
      vmHistory(store, findProtected(context, vm), limit ?? defaultHistory),

    'vm.series': async ({ vm, range }) => vmSeries(context, findProtected(context, vm), range),
    'vm.statistics': async ({ vm }) => vmStatistics(context, findProtected(context, vm)),
    'vm.statistics.reset': async ({ vm }) => resetStatistics(context, findProtected(context, vm)),

    'vault.add': (entry) => asVaultJob(context, addWords, entry, () => vaults.add(entry)),
    'vault.open': (entry) => asVaultJob(context, openWords, entry, () => vaults.open(entry)),
    'vault.signIn': ({ name, signIn }) =>
      asVaultJob(context, signInWords, vaults.get(name), () => vaults.signIn(name, signIn)),
    'vault.signIn.cancel': async ({ name }) => ({ cancelled: vaults.cancelSignIn(name) }),
    'vault.rename': ({ name, newName }) => {
      const { target } = vaults.get(name);
      const words = renameWords(name);
      return asVaultJob(context, words, { name: newName, target }, async () => {
        const report = await vaults.rename(name, newName);
        for (const vm of store.protections.list()) {
          if (vm.vaultName === newName) context.statusChanged(vm.vmId);
        }
        return report;
      });
    },
    'vault.remove': ({ name }) =>
      asVaultJob(context, removeWords, vaults.get(name), async () => {
        vaults.remove(name);
        return { removed: name };
      }),
    'vault.list': () => vaults.list(),
    'vault.check': ({ name }) => vaults.check(name),

    status: ({ vm }) => statusReport(context, vm),
    protect: (params) => protect(context, params),
    sync: async ({ vm }) => {
      const record = findProtected(context, vm);
      const replicator = engine.replicator(record.vmId);
      refuseWhileMarked(record);
      replicator.clearError();
      const steps = ['Track changes', 'Send changes'] as const;
      return startJob(context, 'cycle', record, { vm: record.vmId }, steps);
    },
    'protection.change': async ({ vm, ...change }) => {
      const record = findProtected(context, vm);
      engine.replicator(record.vmId);
      return startJob(context, 'change', record, { vm: record.vmId, ...change });
    },
    'protection.disks': (params) => changeDisks(context, params),
    pause: async ({ vm }) => {
      const { vmId } = findProtected(context, vm);
      engine.replicator(vmId).setPaused(true);
      return vmStatus(context, vmId);
    },
    resume: async ({ vm }) => {
      const { vmId } = findProtected(context, vm);
      engine.replicator(vmId).setPaused(false);
      return vmStatus(context, vmId);
    },
    unprotect: async ({ vm, deleteReplica }) => {
      const record = findProtected(context, vm);
      // Refused at once when it is being removed already.
      engine.replicator(record.vmId);
      return startJob(context, 'unprotect', record, {
        vm: record.vmId,
        deleteReplica: deleteReplica ?? false,
      });
    },
    resync: async ({ vm, deep }) => {
      const record = findProtected(context, vm);
      if (record.committedCut === 0) {
        throw new ReplicationError(
          'STATE_INVALID',
          `${record.name} has no complete replica yet; initial replication goes on by itself.`,
          { vm: record.name },
        );
      }
      return engine.replicator(record.vmId).resynchronize(deep).report;
    },
    'resync.history': async ({ vm, limit }) => resyncHistory(store, findProtected(context, vm), limit ?? 100),
    'resync.map': async ({ vm, disk }) => resyncMap(context, findProtected(context, vm), disk),
    verify: async ({ vm }) => {
      const record = findProtected(context, vm);
      engine.replicator(record.vmId).refuseWhileResynchronizing('verify');
      return startJob(context, 'verify', record, { vm: record.vmId });
    },
    retries: async ({ vm, limit }) => retriesReport(context, findProtected(context, vm), limit),
    'retry.now': async ({ vm }) => {
      const { vmId } = findProtected(context, vm);
      engine.replicator(vmId).retryNow();
      return vmStatus(context, vmId);
    },

    points: async ({ vm, vault }) => pointsReport(context, await findInVaults(context, vm, vault)),
    restore: async (params) => {
      const vaulted = await findInVaults(context, params.vm, params.vault);
      const record = store.protections.get(vaulted.vmId);
      if (record !== null) engine.replicator(record.vmId).refuseWhileResynchronizing('restore');
      const name = record?.name ?? params.vm;
      const input = { ...params, vm: vaulted.vmId, vault: vaulted.vaultName };
      return startJob(context, 'restore', { vmId: vaulted.vmId, name }, input);
    },

    jobs: async ({ limit }) => jobs.list(limit),
    job: async ({ id }) => jobs.get(id),
    'job.cancel': async ({ id }) => {
      const before = jobs.get(id);
      const report = jobs.cancel(id);
      const isProtected = store.protections.get(report.vmId) !== null;
      if (!isEnded(before.state) && isProtected) engine.replicator(report.vmId).cancelled(report);
      return report;
    },
    'job.wait': ({ id }) => waitForJob(context, id),
    'job.restart': ({ id }) =>
      restartJob(context, id, (name, params) => ask(name, params as RequestParams<typeof name>)),
    events: async (params) => findEvents(context, params),

    'log.around': ({ at }) => logAround(context.logPath, at),

    'settings.show': async () => context.settings.all(),
    'settings.change': async (change) => {
      const settings = context.settings.change(change);
      const sections = Object.keys(change).join(', ');
      context.events.info(`Settings were changed: ${sections}.`);
      return settings;
    },

    'fs.list': ({ path }) => listFolder(path),
    'engine.wake': async () => ({ woken: engine.wake() }),
    alerts: async () => context.alerts.report(),
    'alerts.test': async ({ channel }) => {
      await context.alerts.test(channel);
      return { delivered: true };
    },
    'alerts.secret': async ({ channel, secret }) => {
      context.alerts.setSecret(channel, secret);
      return context.alerts.report();
    },

    'support.bundle': () => keepSupportBundle(context, ask),
    'engine.info': async () => ({
      ...rebuiltNotice(store, context.clock.now()),
      pid: process.pid,
      version: productVersion,
      startedAt: new Date(context.startedAtMs).toISOString(),
      dataDirectory: context.dataDirectory,
      logFile: context.logPath,
      running: engine.isStarted,
      protectedVms: store.protections.list().length,
      memoryBytes: process.memoryUsage.rss(),
      peakMemoryBytes: process.resourceUsage().maxRSS * 1024,
      // The histogram counts from one timer to the next, its own period included.
      eventLoopDelayP99Ms: Math.max(0, loopDelay.percentile(99) / 1e6 - loopSamplingMs),
    }),
    'engine.stop': async () => {
      throw new ReplicationError(
        'STATE_INVALID',
        'The engine belongs to the process that opened it; end that process.',
      );
    },
  };
  return handlers;
};

const refuseWhileMarked = ({
  resync,
  name,
}: {
  resync: { message: string; scope?: 'disks' | undefined } | null;
  name: string;
}): void => {
  if (resync === null || resync.scope === 'disks') return;
  throw new ReplicationError('RESYNC_REQUIRED', `${name} must be resynchronized first: ${resync.message}`, {
    vm: name,
  });
};
