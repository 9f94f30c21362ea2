import { randomUUID } from 'node:crypto';
import {
  type AlertChannel,
  alertChannels,
  type ChannelReport,
  type NotificationReport,
  type SecretChannel,
  secretChannels,
} from '../../contract/alerts.ts';
import { ReplicationError } from '../../contract/errors.ts';
import type { AlertSources } from './alert-sources.ts';
import { ChannelHealth } from './channel-health.ts';
import { testNotification } from './compose-notification.ts';
import { sendEmail } from './email-channel.ts';
import { type Letter, Outbox } from './outbox.ts';
import { sendWebhook } from './webhook-channel.ts';

const secretKey = (channel: SecretChannel): string => `alerts:${channel}`;

/** Brings messages to people: at once to whoever looks at a console, by way of the outbox to the rest. */
export class AlertDelivery {
  readonly #sources: AlertSources;
  readonly #outbox: Outbox;
  readonly #health: ChannelHealth;
  readonly #sending = new Set<SecretChannel>();
  /** Set up anew while a message was on its way the old way: what comes of that one says nothing of the new one. */
  readonly #setUpMeanwhile = new Set<SecretChannel>();
  readonly #stopping = new AbortController();

  constructor(sources: AlertSources) {
    this.#sources = sources;
    this.#outbox = new Outbox(sources.store);
    this.#health = new ChannelHealth(sources);
  }

  get isAnyChannelOn(): boolean {
    return alertChannels.some((channel) => this.#isOn(channel));
  }

  /** Queues the message for the channels that are on; call it in the transaction that notes what was told. */
  queue(notification: NotificationReport): void {
    const nowMs = this.#sources.clock.now();
    for (const channel of secretChannels) {
      if (this.#isOn(channel)) this.#outbox.add(channel, notification, nowMs);
    }
  }

  /** Shows the message to whoever looks. */
  show(notification: NotificationReport): void {
    if (!this.#isOn('desktop')) return;
    this.#sources.push({ kind: 'notification', notification });
    this.#health.delivered('desktop');
  }

  /** Begins to send what is due. */
  send(): void {
    if (this.#stopping.signal.aborted) return;
    for (const channel of secretChannels) {
      if (!this.#isOn(channel)) this.#outbox.drop(channel);
      else if (!this.#sending.has(channel)) this.#sendAll(channel);
    }
  }

  /** Sends a test message. @throws ReplicationError why it was not taken */
  async test(channel: AlertChannel): Promise<void> {
    const { clock, host, push } = this.#sources;
    const notification = testNotification({ id: randomUUID(), atMs: clock.now(), host });
    if (channel === 'desktop') {
      push({ kind: 'notification', notification });
      this.#health.delivered('desktop');
      return;
    }
    try {
      await this.#carry(channel, notification);
    } catch (thrown) {
      const error = ReplicationError.from(thrown);
      this.#health.failed(channel, error);
      throw error;
    }
    this.#health.delivered(channel);
  }

  setSecret(channel: SecretChannel, secret: string | null): void {
    const { secrets } = this.#sources;
    if (secret === null) secrets.remove(secretKey(channel));
    else secrets.put(secretKey(channel), secret);
    this.setUpAnew();
  }

  /** What waits is tried at once: the settings or a secret have changed. */
  setUpAnew(): void {
    for (const channel of secretChannels) {
      this.#outbox.hurry(channel, this.#sources.clock.now());
      if (this.#sending.has(channel)) this.#setUpMeanwhile.add(channel);
    }
    this.send();
  }

  reports(): ChannelReport[] {
    const letters = this.#outbox.all();
    return alertChannels.map((channel) => ({
      channel,
      enabled: this.#isOn(channel),
      hasSecret: channel === 'desktop' ? null : this.#hasSecret(channel),
      waiting: letters.filter((letter) => letter.channel === channel).length,
      ...this.#health.report(channel),
    }));
  }

  /** Cuts off what is under way; it stays in the outbox. */
  stop(): void {
    this.#stopping.abort();
  }

  #isOn(channel: AlertChannel): boolean {
    return this.#sources.settings.get('alerts')[channel].enabled;
  }

  #hasSecret(channel: SecretChannel): boolean {
    const { secrets } = this.#sources;
    const key = secretKey(channel);
    return secrets.isSealed(key) || secrets.get(key) !== null;
  }

  #secret(channel: SecretChannel): string | null {
    return this.#sources.secrets.get(secretKey(channel));
  }

  #sendAll(channel: SecretChannel): void {
    if (this.#outbox.due(channel, this.#sources.clock.now()) === null) return;
    this.#sending.add(channel);
    this.#sources.background.run('Sending alerts', async () => {
      try {
        for (;;) {
          const letter = this.#outbox.due(channel, this.#sources.clock.now());
          if (letter === null || !(await this.#sendOne(channel, letter))) return;
        }
      } finally {
        this.#sending.delete(channel);
        if (this.#setUpMeanwhile.delete(channel)) this.setUpAnew();
      }
    });
  }

  /** Whether it was delivered. */
  async #sendOne(channel: SecretChannel, letter: Letter): Promise<boolean> {
    try {
      await this.#carry(channel, letter.notification);
    } catch (thrown) {
      if (this.#stopping.signal.aborted) return false;
      const error = ReplicationError.from(thrown);
      const dropped = this.#outbox.failed(letter, error, this.#sources.clock.now());
      this.#health.failed(channel, error, dropped.length);
      return false;
    }
    this.#outbox.delivered(letter);
    this.#health.delivered(channel);
    return true;
  }

  async #carry(channel: SecretChannel, notification: NotificationReport): Promise<void> {
    const { clock, settings } = this.#sources;
    const { email, webhook } = settings.get('alerts');
    const { signal } = this.#stopping;
    const secret = this.#secret(channel);
    const sent =
      channel === 'email'
        ? sendEmail(email, secret, notification)
        : sendWebhook(webhook, secret, notification, clock, signal);
    // Mail cannot be called back: what comes of it after the end is nobody's business any more.
    await Promise.race([sent, cutOff(signal)]);
  }
}

const cutOff = (signal: AbortSignal): Promise<never> =>
  new Promise((_resolve, reject) => {
    const end = () => reject(new ReplicationError('ENGINE_STOPPED', 'The engine is stopping.'));
    if (signal.aborted) end();
    else signal.addEventListener('abort', end, { once: true });
  });
