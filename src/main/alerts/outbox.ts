import { z } from 'zod';
import {
  alertCauses,
  alertSeverities,
  type NotificationReport,
  notificationItemKinds,
  type SecretChannel,
  secretChannels,
} from '../../contract/alerts.ts';
import type { ReplicationError } from '../../contract/errors.ts';
import type { Setting } from '../store/settings.ts';
import type { Store } from '../store/store.ts';

const text = z.string();

const notificationSchema: z.ZodType<NotificationReport> = z.object({
  id: text,
  at: text,
  kind: z.literal(['alert', 'test']),
  severity: z.literal(alertSeverities),
  host: text,
  title: text,
  text,
  items: z.array(
    z.object({
      kind: z.literal(notificationItemKinds),
      cause: z.literal(alertCauses),
      severity: z.literal(alertSeverities),
      vmId: text.nullable(),
      vm: text.nullable(),
      disk: text.nullable(),
      since: text,
      text,
    }),
  ),
});

const letterSchema = z.object({
  channel: z.literal(secretChannels),
  notification: notificationSchema,
  queuedAtMs: z.number(),
  attempts: z.number().int().min(0),
  nextAttemptAtMs: z.number(),
});
/** A message on its way through one channel. */
export type Letter = Readonly<z.infer<typeof letterSchema>>;

const outboxSetting: Setting<Letter[]> = { key: 'alerts.outbox', schema: z.array(letterSchema) };

const minuteMs = 60_000;
const waitsMs = [1, 2, 5, 15, 30, 60].map((minutes) => minutes * minuteMs);
const refusedWaitMs = 60 * minuteMs;
/** Older news is no news. */
const keptMs = 24 * 60 * minuteMs;
const mostLetters = 50;

/** Messages that are not delivered yet, kept over restarts. One may arrive twice, none is lost within a day. */
export class Outbox {
  readonly #store: Store;

  constructor(store: Store) {
    this.#store = store;
  }

  all(): readonly Letter[] {
    return this.#store.settings.get(outboxSetting) ?? [];
  }

  add(channel: SecretChannel, notification: NotificationReport, nowMs: number): void {
    const letter = { channel, notification, queuedAtMs: nowMs, attempts: 0, nextAttemptAtMs: nowMs };
    const others = this.all().filter((each) => each.channel !== channel);
    this.#put([...others, ...[...this.#of(channel), letter].slice(-mostLetters)]);
  }

  /** The oldest message of a channel that may be tried now. */
  due(channel: SecretChannel, nowMs: number): Letter | null {
    const [first] = this.#of(channel);
    if (first === undefined) return null;
    // A clock that was set back must not hold a message for long.
    const isDue = first.nextAttemptAtMs <= nowMs || first.nextAttemptAtMs - nowMs > refusedWaitMs;
    return isDue ? first : null;
  }

  delivered({ notification: { id }, channel }: Letter): void {
    this.#put(this.all().filter((each) => each.notification.id !== id || each.channel !== channel));
  }

  /** The whole channel waits: what one message met, the next would. Messages older than a day are dropped and answered. */
  failed({ channel, attempts }: Letter, error: ReplicationError, nowMs: number): readonly Letter[] {
    const isRefused = error.class === 'nonRecoverable';
    const waitMs = isRefused ? refusedWaitMs : (waitsMs[attempts] ?? waitsMs.at(-1)!);
    const letters = this.all();
    const dropped = letters.filter((each) => each.channel === channel && nowMs - each.queuedAtMs >= keptMs);
    this.#put(
      letters
        .filter((each) => !dropped.includes(each))
        .map((each) =>
          each.channel === channel
            ? { ...each, attempts: attempts + 1, nextAttemptAtMs: nowMs + waitMs }
            : each,
        ),
    );
    return dropped;
  }

  /** The channel was set up anew: what waits is tried at once. */
  hurry(channel: SecretChannel, nowMs: number): void {
    this.#put(
      this.all().map((each) =>
        each.channel === channel ? { ...each, attempts: 0, nextAttemptAtMs: nowMs } : each,
      ),
    );
  }

  /** A channel that was switched off sends nothing any more, not even later. */
  drop(channel: SecretChannel): void {
    this.#put(this.all().filter((each) => each.channel !== channel));
  }

  #of(channel: SecretChannel): readonly Letter[] {
    return this.all().filter((each) => each.channel === channel);
  }

  #put(letters: readonly Letter[]): void {
    this.#store.settings.put(outboxSetting, [...letters]);
  }
}
