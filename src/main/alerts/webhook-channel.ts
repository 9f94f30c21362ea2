import { createHmac } from 'node:crypto';
import type { WebhookSettings } from '../../contract/alert-settings.ts';
import { type NotificationReport, webhookVersion } from '../../contract/alerts.ts';
import { ReplicationError } from '../../contract/errors.ts';
import type { Clock } from '../platform/clock.ts';
import { callHttp } from './http-call.ts';

/** Carries `t=SECONDS,v1=HEX`: when it was signed, and the HMAC-SHA256 of `SECONDS.BODY`. */
export const signatureHeader = 'x-hvrc-signature';

/** The signature of a body. A receiver computes the same, and refuses times that are long past. */
export const signBody = (body: Buffer, secret: string, atMs: number): string => {
  const seconds = Math.floor(atMs / 1000);
  const mac = createHmac('sha256', secret).update(`${seconds}.`).update(body).digest('hex');
  return `t=${seconds},v1=${mac}`;
};

/** Waits between the tries of one delivery; longer outages are the outbox's. */
const retryWaitsMs = [1000, 4000] as const;

/**
 * Posts a message as JSON, signed. Redirects are refused: the signature is for the address that was set.
 * @throws ReplicationError `ALERT_CHANNEL_OFF`, `ALERT_REFUSED`, `ALERT_UNREACHABLE`, `ALERT_UNTRUSTED`
 */
export const sendWebhook = async (
  { url }: WebhookSettings,
  secret: string | null,
  notification: NotificationReport,
  clock: Clock,
  signal: AbortSignal,
): Promise<void> => {
  if (url === '' || secret === null) {
    const missing = url === '' ? 'Its address is missing.' : 'No key to sign its messages is kept.';
    throw new ReplicationError('ALERT_CHANNEL_OFF', `The webhook cannot be called. ${missing}`);
  }
  const body = Buffer.from(JSON.stringify({ version: webhookVersion, ...notification }));
  const waits = [...retryWaitsMs];
  for (;;) {
    try {
      await post(url, body, secret, notification.id, clock, signal);
      return;
    } catch (thrown) {
      const wait = waits.shift();
      const isLast = !(thrown instanceof ReplicationError) || thrown.class !== 'recoverable';
      if (wait === undefined || isLast || signal.aborted) throw thrown;
      await clock.wait(wait, signal);
    }
  }
};

const post = async (
  url: string,
  body: Buffer,
  secret: string,
  id: string,
  clock: Clock,
  signal: AbortSignal,
): Promise<void> => {
  // The path may be what lets somebody in: only the server is named.
  const server = `the webhook at ${new URL(url).host}`;
  const { status } = await callHttp(url, {
    method: 'POST',
    headers: {
      'content-type': 'application/json; charset=utf-8',
      'user-agent': 'hyperv-replica-console',
      'x-hvrc-delivery': id,
      [signatureHeader]: signBody(body, secret, clock.now()),
    },
    body,
    server,
    signal,
  });
  if (status >= 200 && status < 300) return;
  if (status >= 300 && status < 400)
    throw new ReplicationError(
      'ALERT_REFUSED',
      `The message was not taken by ${server}: it points elsewhere (${status}), and messages go to the address that was set only.`,
    );
  const isForNow = status >= 500 || status === 408 || status === 429;
  throw isForNow
    ? new ReplicationError('ALERT_UNREACHABLE', `The message was not taken by ${server} for now (${status}).`)
    : new ReplicationError('ALERT_REFUSED', `The message was refused by ${server} (${status}).`);
};
