/** Alerts: what is told to people without their asking, and through what. */

import type { ErrorReport } from './errors.ts';

/**
 * What alerts are about, and for each the causes from mild to grave: a graver one holds only while the milder ones do.
 *
 * | family    | causes                                                                          |
 * |-----------|---------------------------------------------------------------------------------|
 * | health    | a VM's health is Warning or worse, is Critical                                    |
 * | rpo       | the RPO is past 50 %, past 100 % of its limit                                   |
 * | log       | the logs of a disk are past 30 %, 40 %, 50 % of the disk                        |
 * | volume    | a volume has less than twice the reserve free, less than the reserve            |
 * | signature | a vault's shared access signature ends within 14 days, within 3                 |
 * | silence   | nothing of a VM has been replicated for an hour                                 |
 */
export const alertLadders = {
  health: ['healthWarning', 'healthCritical'],
  rpo: ['rpoHalf', 'rpoLimit'],
  log: ['log30', 'log40', 'log50'],
  volume: ['volumeLow', 'volumeReserve'],
  signature: ['signature14Days', 'signature3Days'],
  silence: ['silent'],
} as const;

export type AlertFamily = keyof typeof alertLadders;
export type AlertCause = (typeof alertLadders)[AlertFamily][number];
export const alertFamilies = Object.keys(alertLadders) as readonly AlertFamily[];
export const alertCauses: readonly AlertCause[] = alertFamilies.flatMap((family) => [
  ...alertLadders[family],
]);

export const alertSeverities = ['info', 'warning', 'critical'] as const;
export type AlertSeverity = (typeof alertSeverities)[number];

const critical: readonly AlertCause[] = [
  'healthCritical',
  'rpoLimit',
  'log50',
  'volumeReserve',
  'signature3Days',
];

export const severityOf = (cause: AlertCause): 'warning' | 'critical' =>
  critical.includes(cause) ? 'critical' : 'warning';

export const alertChannels = ['desktop', 'email', 'webhook'] as const;
export type AlertChannel = (typeof alertChannels)[number];
/** Channels that have a secret: the password of the mail server, the key that signs a webhook's messages. */
export const secretChannels = ['email', 'webhook'] as const;
export type SecretChannel = (typeof secretChannels)[number];

/** An alert that holds now. */
export interface AlertReport {
  readonly key: string;
  readonly cause: AlertCause;
  readonly severity: 'warning' | 'critical';
  readonly vmId: string | null;
  readonly vm: string | null;
  readonly disk: string | null;
  readonly since: string;
  /** What holds now, one sentence. */
  readonly text: string;
  /** When people were last told; null until then. */
  readonly toldAt: string | null;
}

export const notificationItemKinds = ['raised', 'reminder', 'cleared'] as const;

/** One cause in a message. */
export interface NotificationItem {
  readonly kind: (typeof notificationItemKinds)[number];
  readonly cause: AlertCause;
  readonly severity: AlertSeverity;
  readonly vmId: string | null;
  readonly vm: string | null;
  readonly disk: string | null;
  /** When the cause began to hold. */
  readonly since: string;
  readonly text: string;
}

/** A message, as every channel carries it. */
export interface NotificationReport {
  readonly id: string;
  readonly at: string;
  /** `test` for the test button: nothing has happened. */
  readonly kind: 'alert' | 'test';
  /** The gravest of its items. */
  readonly severity: AlertSeverity;
  /** The machine that the engine runs on. */
  readonly host: string;
  /** One line. */
  readonly title: string;
  /** A line for each item. */
  readonly text: string;
  readonly items: readonly NotificationItem[];
}

export interface ChannelReport {
  readonly channel: AlertChannel;
  readonly enabled: boolean;
  /** Whether the channel's secret is kept; null for a channel without one. The secret itself is never shown. */
  readonly hasSecret: boolean | null;
  /** Messages that were not delivered yet. */
  readonly waiting: number;
  readonly lastSentAt: string | null;
  /** Why the last message was not delivered; null once one was. */
  readonly error: ErrorReport | null;
}

/** The answer to `alerts`. */
export interface AlertsReport {
  /** Gravest first, then the oldest first. */
  readonly active: readonly AlertReport[];
  readonly channels: readonly ChannelReport[];
  /** Where metrics are served; null while they are not. */
  readonly metricsUrl: string | null;
  readonly metricsError: ErrorReport | null;
  readonly lastPingAt: string | null;
  readonly pingError: ErrorReport | null;
}

/** Version of the JSON that a webhook is sent. */
export const webhookVersion = 1;
