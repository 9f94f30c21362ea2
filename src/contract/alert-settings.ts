/** What a user can set about alerts, metrics and the health ping. Secrets are not among it. */

import { z } from 'zod';
import { addressProblem, isHostName, isLoopbackHost, isMailAddress } from './addresses.ts';
import { weekHours } from './week-hours.ts';
import { weekdays } from './weekdays.ts';

const mailAddress = z.string().refine(isMailAddress, 'must be an address like admin@example.org');
const longestAddress = 2000;

const addressProblemWords = {
  notAnAddress: 'must be an address that begins with https://',
  notHttps: 'must begin with https:// unless it is on this machine',
  hasSignIn: 'must not contain a user name or password',
} as const;

const serviceAddress = (plain: boolean) =>
  z
    .string()
    .max(longestAddress)
    .superRefine((text, { addIssue }) => {
      const problem = text === '' ? null : addressProblem(text, plain);
      if (problem !== null) addIssue({ code: 'custom', message: addressProblemWords[problem] });
    });

export const mailSecurities = ['tls', 'starttls', 'none'] as const;
export type MailSecurity = (typeof mailSecurities)[number];

const email = z
  .strictObject({
    enabled: z.boolean(),
    host: z.string().refine((text) => text === '' || isHostName(text), 'must be the name of a server'),
    port: z.int().min(1).max(65_535),
    /** `tls` from the first byte (465), `starttls` required (587), `none` only on this machine. */
    security: z.literal(mailSecurities),
    /** Empty: the server wants no sign-in. */
    user: z.string().max(320),
    from: mailAddress.or(z.literal('')),
    to: z.array(mailAddress).max(20),
  })
  .superRefine(({ enabled, host, security, from, to }, { addIssue }) => {
    const refuse = (field: string, message: string) => addIssue({ code: 'custom', path: [field], message });
    if (security === 'none' && host !== '' && !isLoopbackHost(host))
      refuse('security', 'must be tls or starttls unless the server is on this machine');
    if (!enabled) return;
    if (host === '') refuse('host', 'must be given first');
    if (from === '') refuse('from', 'must be given first');
    if (to.length === 0) refuse('to', 'must be given first');
  });
export type EmailSettings = Readonly<z.infer<typeof email>>;

const webhook = z
  .strictObject({ enabled: z.boolean(), url: serviceAddress(false) })
  .refine(({ enabled, url }) => !enabled || url !== '', { path: ['url'], message: 'must be given first' });
export type WebhookSettings = Readonly<z.infer<typeof webhook>>;

export const alertSettings = z.strictObject({
  /** What came within so many seconds goes into one message. */
  digestSeconds: z.int().min(0).max(3600),
  /** A cause that lasts is told again at most this often; also how long one that comes and goes is remembered. */
  quietTimeMinutes: z.int().min(10).max(10_080),
  /** Off: what was told once is not told again while it lasts. */
  repeat: z.boolean(),
  /** Hours in which messages wait; critical ones may come anyway. */
  quietHours: z.strictObject({ enabled: z.boolean(), hours: weekHours, exceptCritical: z.boolean() }),
  desktop: z.strictObject({ enabled: z.boolean() }),
  email,
  webhook,
});
export type AlertSettings = Readonly<z.infer<typeof alertSettings>>;

export const metricsSettings = z.strictObject({
  enabled: z.boolean(),
  /** On 127.0.0.1. */
  port: z.int().min(1).max(65_535),
});

export const healthPingSettings = z.strictObject({
  enabled: z.boolean(),
  url: serviceAddress(true),
  /** Calls `url` with `/fail` at its end once when a VM turns Critical. */
  reportFailure: z.boolean(),
});

export const defaultAlertSettings: AlertSettings = {
  digestSeconds: 60,
  quietTimeMinutes: 240,
  repeat: true,
  quietHours: {
    enabled: false,
    hours: { days: [...weekdays], from: '22:00', to: '06:00' },
    exceptCritical: true,
  },
  desktop: { enabled: true },
  email: { enabled: false, host: '', port: 465, security: 'tls', user: '', from: '', to: [] },
  webhook: { enabled: false, url: '' },
};

export const defaultMetricsSettings: Readonly<z.infer<typeof metricsSettings>> = {
  enabled: false,
  port: 9469,
};

export const defaultHealthPingSettings: Readonly<z.infer<typeof healthPingSettings>> = {
  enabled: false,
  url: '',
  reportFailure: true,
};
