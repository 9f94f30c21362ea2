import { randomUUID } from 'node:crypto';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { z } from 'zod';
import { checkRequest } from '../../contract/check-request.ts';
import type { Console, ConsoleOptions } from '../../contract/client.ts';
import { ReplicationError } from '../../contract/errors.ts';
import type { EnginePush } from '../../contract/events.ts';
import type { CheckedParams, RequestName, RequestParams, RequestResult } from '../../contract/requests.ts';
import { Alerts } from '../alerts/alerts.ts';
import { boundedHost } from '../host/bounded-host.ts';
import { type Clock, systemClock } from '../platform/clock.ts';
import { dataPaths } from '../platform/data-directory.ts';
import { type LogFile, openLog } from '../platform/log.ts';
import { FileSecretStore, type SecretSealer } from '../platform/secret-store.ts';
import { volumeSpace } from '../platform/volume.ts';
import { ReplicationEngine } from '../replication/engine.ts';
import type { EngineContext } from '../replication/engine-context.ts';
import { EngineSettings } from '../replication/engine-settings.ts';
import { BackgroundWork } from '../replication/jobs/background-work.ts';
import { engineStopped, type Job, JobRunner } from '../replication/jobs/job-runner.ts';
import { EventLog } from '../replication/reports/event-log.ts';
import { HealthWatch } from '../replication/reports/health-watch.ts';
import { Sampler } from '../replication/reports/sampler.ts';
import { StatisticsKeeper } from '../replication/reports/statistics-keeper.ts';
import { Stumbles } from '../replication/reports/stumbles.ts';
import { TrafficCounters } from '../replication/reports/traffic.ts';
import { BandwidthLimit } from '../replication/shipping/bandwidth-limit.ts';
import { LogGrowth } from '../replication/tracking/log-growth.ts';
import { VaultPresence } from '../replication/vault-presence.ts';
import { VolumeRoom } from '../replication/volume-room.ts';
import { KnownFile } from '../store/known-file.ts';
import type { Setting } from '../store/settings.ts';
import type { Store } from '../store/store.ts';
import { WorkerPool } from '../workers/worker-pool.ts';
import type { ConsoleContext } from './console-context.ts';
import { requestHandlers } from './handlers.ts';
import { HostKeeper } from './host-keeper.ts';
import { resumedHere, resumeJobs } from './job-works.ts';
import { PlaceObserver } from './place-observer.ts';
import { productVersion } from './product-version.ts';
import { ReplicaLocations } from './replica-locations.ts';
import { SignInKeeper } from './sign-in-keeper.ts';
import { SignInWatch } from './sign-in-watch.ts';
import { openSoundStore } from './sound-store.ts';
import { StatusPusher } from './status-pusher.ts';
import { noteUserAction } from './user-actions.ts';
import { VaultKeeper } from './vault-keeper.ts';
import { statusReport } from './vm-status.ts';

/** For so long after the start what stood still may catch up before its health is told. */
const healthSettleMs = 60_000;

const installationSetting: Setting<string> = { key: 'installationId', schema: z.string() };

export interface EngineConsoleOptions extends ConsoleOptions {
  /** What schedules run by. Progress and pushes go by the system's. */
  readonly clock?: Clock;
  /** What runs the workers' tasks. */
  readonly pool?: WorkerPool;
  /** The system's key store, where the door has one. */
  readonly sealer?: SecretSealer | null;
  /** What says how much room a volume has. */
  readonly space?: typeof volumeSpace;
}

/** Opens the engine and everything a user can ask of it in this process. The caller holds the data directory's lock. */
export const openConsole = async (options: EngineConsoleOptions): Promise<Console> =>
  new EngineConsole(options);

class EngineConsole implements Console {
  private readonly store: Store;
  private readonly known: KnownFile;
  private readonly log: LogFile;
  private readonly pool: WorkerPool;
  private readonly engine: ReplicationEngine;
  private readonly locations: ReplicaLocations;
  private readonly sampler: Sampler;
  private readonly jobs: JobRunner;
  private readonly background: BackgroundWork;
  private readonly bandwidth: BandwidthLimit;
  private readonly signInWatch: SignInWatch;
  private readonly pusher: StatusPusher;
  private readonly alerts: Alerts;
  private readonly handlers: ReturnType<typeof requestHandlers>;
  private readonly context: ConsoleContext;
  private readonly listeners = new Set<(push: EnginePush) => void>();
  /** Of an earlier run; they go on when the engine starts. */
  private readonly leftJobs: Job[];
  private stopped: Promise<void> | null = null;
  private cyclesSinceMs = 0;

  constructor({
    dataDirectory,
    workersDirectory,
    clock = systemClock,
    pool,
    sealer = null,
    space = volumeSpace,
  }: EngineConsoleOptions) {
    const { store, rebuilt } = openSoundStore(dataDirectory, clock.now());
    this.store = store;
    this.log = openLog(dataDirectory);
    // It is among the events already.
    if (rebuilt !== null) this.log.warn({ code: 'STORE_DAMAGED' }, rebuilt);
    this.pool = pool ?? new WorkerPool(workersDirectory);
    const push = (event: EnginePush) => {
      for (const listener of this.listeners) this.tell(listener, event);
    };
    this.pusher = new StatusPusher(push);
    const hostKeeper = new HostKeeper(this.store, clock);
    const secrets = new FileSecretStore(dataPaths(dataDirectory).secrets, sealer);
    const signIns = new SignInKeeper(secrets, clock, dataDirectory, (code) =>
      push({ kind: 'deviceCode', code }),
    );
    const vaults = new VaultKeeper(this.store, clock, signIns);
    this.jobs = new JobRunner(this.store, clock, push);
    const events = new EventLog(this.store, clock, this.log, push);
    this.known = new KnownFile(dataPaths(dataDirectory).known, this.store, (error) =>
      events.warning(error.message, { code: error.code }),
    );
    this.signInWatch = new SignInWatch(this.store, clock, signIns, events);
    this.background = new BackgroundWork(events, this.log);
    const settings = new EngineSettings(this.store);
    const statistics = new StatisticsKeeper(this.store, settings);
    const traffic = new TrafficCounters();
    const logGrowth = new LogGrowth();
    const stumbles = new Stumbles();
    const volumes = new VolumeRoom(() => clock.now(), space);
    const vault = (name: string) => ({ ...vaults.spec(name), threads: settings.get('upload').threads });
    this.bandwidth = new BandwidthLimit(settings, this.pool.bandwidth, clock);
    const signInEnds = (name: string) => this.signInWatch.endsSoon(name);
    const health = new HealthWatch({
      store: this.store,
      clock,
      settings,
      statistics,
      logGrowth,
      stumbles,
      signInEnds,
      events,
    });
    const base: EngineContext = {
      lookAtHealth: (vmId) => health.look(vmId),
      store: this.store,
      clock,
      pool: this.pool,
      log: this.log,
      settings,
      bandwidth: this.bandwidth,
      statistics,
      traffic,
      stumbles,
      logGrowth,
      volumes,
      space,
      events,
      jobs: this.jobs,
      background: this.background,
      installation: { installationId: this.installationId(), name: hostname() },
      trackingDirectory: join(dataDirectory, 'tracking'),
      host: () => boundedHost(hostKeeper.host(), systemClock),
      vault,
      vaultPresence: new VaultPresence(clock, vault),
      signInEnds,
      statusChanged: (vmId) => this.pusher.changed(vmId),
    };
    this.sampler = new Sampler(base, (vm, nowMs, off) => {
      if (off !== null) statistics.wasOff(vm, off);
      statistics.follow(vm, nowMs);
      // What stood still while no engine ran may catch up first.
      if (nowMs - this.cyclesSinceMs >= healthSettleMs) health.look(vm.vmId);
    });
    this.engine = new ReplicationEngine(base);
    this.locations = new ReplicaLocations(this.store, vaults, clock);
    const places = new PlaceObserver({ store: this.store, clock, vaults, dataDirectory });
    this.alerts = new Alerts({
      ...base,
      secrets,
      push,
      host: hostname(),
      version: productVersion,
      vms: async () => (await statusReport(context, undefined)).vms,
      places: () => places.look(),
    });
    this.listeners.add((event) => this.alerts.note(event));
    const context: ConsoleContext = {
      ...base,
      alerts: this.alerts,
      engine: this.engine,
      hostKeeper,
      vaults,
      dataDirectory,
      logPath: this.log.path,
      startedAtMs: clock.now(),
      replicaLocations: (vmId) => this.locations.of(vmId),
    };
    this.pusher.attach(context);
    this.context = context;
    this.handlers = requestHandlers(context);
    this.leftJobs = base.jobs.takeUp(resumedHere);
    // Its sign-in went with the process that was asked.
    for (const job of base.jobs.takeUp(['vault'])) job.fail(engineStopped(job.record.vm));
    this.known.write();
  }

  async request<N extends RequestName>(name: N, params: RequestParams<N>): Promise<RequestResult<N>> {
    const checked = checkRequest(name, params);
    if (this.stopped !== null) throw new ReplicationError('ENGINE_STOPPED', 'The engine is stopping.');
    const handler = this.handlers[name] as (params: CheckedParams<N>) => Promise<RequestResult<N>>;
    const answer = await handler(checked);
    if (this.stopped === null) noteUserAction(this.context, name, checked);
    return answer;
  }

  subscribe(listener: (push: EnginePush) => void): () => void {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  }

  async start(): Promise<void> {
    this.cyclesSinceMs = this.context.clock.now();
    void this.context.hostKeeper.lookAhead();
    this.engine.start();
    resumeJobs(this.context, this.leftJobs.splice(0));
    this.signInWatch.start();
    this.sampler.start();
    this.alerts.start();
  }

  stop(): Promise<void> {
    this.stopped ??= this.shutDown();
    return this.stopped;
  }

  close(): Promise<void> {
    return this.stop();
  }

  /** A watcher that fails is its own trouble, not that of the work it watches. */
  private tell(listener: (push: EnginePush) => void, event: EnginePush): void {
    try {
      listener(event);
    } catch (thrown) {
      this.log.error({ thrown: String(thrown) }, 'A watcher of the engine failed.');
    }
  }

  private async shutDown(): Promise<void> {
    this.jobs.stop();
    await this.alerts.stop();
    await this.engine.stop();
    this.sampler.stop();
    this.bandwidth.close();
    this.signInWatch.stop();
    this.pusher.close();
    this.locations.close();
    await this.background.idle();
    await this.pool.close();
    this.jobs.close();
    this.known.close();
    this.store.close();
    this.log.close();
  }

  private installationId(): string {
    const known = this.store.settings.get(installationSetting);
    if (known !== null) return known;
    const id = randomUUID();
    this.store.settings.put(installationSetting, id);
    return id;
  }
}
