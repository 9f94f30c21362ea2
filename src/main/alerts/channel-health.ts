import { z } from 'zod';
import { type AlertChannel, alertChannels, type ChannelReport } from '../../contract/alerts.ts';
import type { ReplicationError } from '../../contract/errors.ts';
import { errorReportSchema } from '../../contract/report-schemas.ts';
import type { Setting } from '../store/settings.ts';
import type { AlertSources } from './alert-sources.ts';

const channelState = z.object({
  lastSentAtMs: z.number().nullable(),
  error: errorReportSchema.nullable(),
});
type ChannelState = Readonly<z.infer<typeof channelState>>;

const channelStates: Setting<Partial<Record<AlertChannel, ChannelState>>> = {
  key: 'alerts.channels',
  schema: z.partialRecord(z.literal(alertChannels), channelState),
};

const names: Readonly<Record<AlertChannel, string>> = {
  desktop: 'on the desktop',
  email: 'by e-mail',
  webhook: 'by webhook',
};

/** Whether each channel works; a failure is an event once, until it works again. */
export class ChannelHealth {
  readonly #sources: Pick<AlertSources, 'store' | 'clock' | 'events'>;

  constructor(sources: Pick<AlertSources, 'store' | 'clock' | 'events'>) {
    this.#sources = sources;
  }

  delivered(channel: AlertChannel): void {
    const { error } = this.#state(channel);
    this.#put(channel, { lastSentAtMs: this.#sources.clock.now(), error: null });
    if (error !== null) this.#sources.events.info(`Alerts ${names[channel]} are delivered again.`);
  }

  /** @param dropped messages that were given up */
  failed(channel: AlertChannel, error: ReplicationError, dropped = 0): void {
    const before = this.#state(channel);
    const report = error.toReport();
    this.#put(channel, { ...before, error: report });
    const { events } = this.#sources;
    if (before.error?.message !== report.message) {
      events.warning(`Alerts ${names[channel]} are not delivered: ${report.message}`, { code: report.code });
    }
    if (dropped > 0) {
      const what = dropped === 1 ? 'An alert' : `${dropped} alerts`;
      events.warning(`${what} ${names[channel]} could not be delivered for a day; given up.`);
    }
  }

  report(channel: AlertChannel): Pick<ChannelReport, 'lastSentAt' | 'error'> {
    const { lastSentAtMs, error } = this.#state(channel);
    return { lastSentAt: lastSentAtMs === null ? null : new Date(lastSentAtMs).toISOString(), error };
  }

  #state(channel: AlertChannel): ChannelState {
    return this.#sources.store.settings.get(channelStates)?.[channel] ?? { lastSentAtMs: null, error: null };
  }

  #put(channel: AlertChannel, state: ChannelState): void {
    const { settings } = this.#sources.store;
    settings.put(channelStates, { ...settings.get(channelStates), [channel]: state });
  }
}
