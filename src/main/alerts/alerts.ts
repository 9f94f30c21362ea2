import { randomUUID } from 'node:crypto';
import { isDeepStrictEqual } from 'node:util';
import {
  type AlertChannel,
  type AlertReport,
  type AlertsReport,
  type SecretChannel,
  severityOf,
} from '../../contract/alerts.ts';
import type { EnginePush } from '../../contract/events.ts';
import { isOpen } from '../platform/week-schedule.ts';
import { AlertDelivery } from './alert-delivery.ts';
import type { AlertSources } from './alert-sources.ts';
import { type AlertRecord, type AlertState, alertStateSetting, keyOf, rungOf } from './alert-state.ts';
import { composeNotification } from './compose-notification.ts';
import { dueDigest, type TellingRules } from './due-digest.ts';
import { HealthPing } from './health-ping.ts';
import { MetricsServer } from './metrics-server.ts';
import { observeAlerts } from './observe-alerts.ts';
import { ReplicationTally } from './replication-tally.ts';
import { vmMeasures } from './vm-measures.ts';

/** Between two looks at the site. The first comes as long after the start: what stood still may catch up. */
const lookMs = 30_000;
const minuteMs = 60_000;

/** What people and other programs are told without asking: alerts, metrics, the health ping. */
export class Alerts {
  readonly #sources: AlertSources;
  readonly #delivery: AlertDelivery;
  readonly #tally: ReplicationTally;
  readonly #ping: HealthPing;
  readonly #metrics: MetricsServer;
  readonly #stopping = new AbortController();
  #running: Promise<void> | null = null;
  #unfollow: readonly (() => void)[] = [];

  constructor(sources: AlertSources) {
    this.#sources = sources;
    this.#delivery = new AlertDelivery(sources);
    this.#tally = new ReplicationTally(sources.store);
    this.#ping = new HealthPing(sources);
    this.#metrics = new MetricsServer(sources, async () => ({
      vms: await sources.vms(),
      counts: this.#tally.counts(),
      alerts: this.#active(),
      version: sources.version,
      memoryBytes: process.memoryUsage.rss(),
    }));
  }

  /** Begins to watch. */
  start(): void {
    if (this.#running !== null || this.#stopping.signal.aborted) return;
    const { settings, background } = this.#sources;
    const applyMetrics = () => background.run('Serving metrics', () => this.#metrics.apply());
    this.#unfollow = [
      settings.follow('metrics', applyMetrics),
      settings.follow('alerts', () => this.#delivery.setUpAnew()),
    ];
    applyMetrics();
    this.#running = this.#watch();
  }

  async stop(): Promise<void> {
    this.#stopping.abort();
    for (const unfollow of this.#unfollow) unfollow();
    this.#delivery.stop();
    this.#ping.stop();
    await this.#running;
    await this.#metrics.stop();
  }

  /** Something was pushed. */
  note(push: EnginePush): void {
    this.#tally.note(push);
  }

  test(channel: AlertChannel): Promise<void> {
    return this.#delivery.test(channel);
  }

  setSecret(channel: SecretChannel, secret: string | null): void {
    this.#delivery.setSecret(channel, secret);
  }

  report(): AlertsReport {
    return {
      active: this.#active(),
      channels: this.#delivery.reports(),
      ...this.#metrics.report(),
      ...this.#ping.report(),
    };
  }

  async #watch(): Promise<void> {
    const { clock, background } = this.#sources;
    const { signal } = this.#stopping;
    for (;;) {
      await clock.wait(lookMs, signal);
      if (signal.aborted) return;
      const { promise, resolve } = Promise.withResolvers<void>();
      background.run('Watching for alerts', () => this.#look().finally(resolve));
      await promise;
    }
  }

  async #look(): Promise<void> {
    const { clock, settings, vms, places } = this.#sources;
    const { quietTimeMinutes } = settings.get('alerts');
    const [statuses, { measures, uncertain }] = await Promise.all([vms(), places()]);
    if (this.#stopping.signal.aborted) return;
    const nowMs = clock.now();
    const observation = {
      measures: [...statuses.flatMap((vm) => vmMeasures(vm, nowMs)), ...measures],
      uncertain,
    };
    const before = this.#state();
    this.#remember(before, observeAlerts(before, observation, nowMs, quietTimeMinutes * minuteMs));
    this.#tell(nowMs);
    this.#delivery.send();
    this.#tally.counts();
    this.#ping.look(
      this.#tally.succeeded,
      statuses.some(({ health }) => health === 'Critical'),
    );
  }

  #tell(nowMs: number): void {
    if (!this.#delivery.isAnyChannelOn) return;
    const state = this.#state();
    const digest = dueDigest(state, nowMs, this.#rules(nowMs));
    if (digest === null) return;
    const { host, store } = this.#sources;
    const notification = composeNotification(digest.items, { id: randomUUID(), atMs: nowMs, host });
    // Told and queued are one: a crash between them would tell twice, or never.
    store.transaction(() => {
      this.#remember(state, digest.state);
      this.#delivery.queue(notification);
    });
    this.#delivery.show(notification);
  }

  #rules(nowMs: number): TellingRules {
    const { digestSeconds, quietTimeMinutes, repeat, quietHours } = this.#sources.settings.get('alerts');
    const isQuiet = quietHours.enabled && isOpen(quietHours.hours, nowMs);
    return {
      digestMs: digestSeconds * 1000,
      quietMs: quietTimeMinutes * minuteMs,
      repeat,
      holdBack: !isQuiet ? 'nothing' : quietHours.exceptCritical ? 'warnings' : 'everything',
    };
  }

  #state(): AlertState {
    return this.#sources.store.settings.get(alertStateSetting) ?? [];
  }

  #remember(before: AlertState, after: AlertState): void {
    if (!isDeepStrictEqual(before, after)) this.#sources.store.settings.put(alertStateSetting, [...after]);
  }

  /** The gravest cause of each thing that holds. */
  #active(): AlertReport[] {
    const gravest = new Map<string, AlertRecord>();
    for (const record of this.#state()) {
      const other = gravest.get(record.group);
      if (record.active && (other === undefined || rungOf(record) > rungOf(other)))
        gravest.set(record.group, record);
    }
    return [...gravest.values()]
      .map((record) => ({
        key: keyOf(record),
        cause: record.cause,
        severity: severityOf(record.cause),
        vmId: record.vmId,
        vm: record.vm,
        disk: record.disk,
        since: new Date(record.raisedAtMs).toISOString(),
        text: record.text,
        toldAt: record.toldAtMs === null ? null : new Date(record.toldAtMs).toISOString(),
      }))
      .sort((a, b) => a.severity.localeCompare(b.severity) || a.since.localeCompare(b.since));
  }
}
