/**
 * What a user can set for the whole console, by section: for each one its fields and their defaults. No secrets: those
 * go to the secret store. A change gives the fields it changes; the others keep their value.
 */

import { z } from 'zod';
import {
  alertSettings,
  defaultAlertSettings,
  defaultHealthPingSettings,
  defaultMetricsSettings,
  healthPingSettings,
  metricsSettings,
} from './alert-settings.ts';
import { bandwidth, defaultBandwidth, defaultUpload, upload } from './bandwidth.ts';
import { defaultNewProtection, newProtection } from './new-protection.ts';
import { weekHours } from './week-hours.ts';
import { weekdays } from './weekdays.ts';

/** When marked VMs are resynchronized by themselves. */
const resyncWindow = z.strictObject({
  /** Off: a person resynchronizes by hand. */
  enabled: z.boolean(),
  hours: weekHours,
  /** What becomes of a resynchronization that is not done when the window ends. */
  atEnd: z.literal(['pause', 'finish']),
});

/** What health and statistics are judged by (replication-rules.md, Health). */
const monitoring = z.strictObject({
  /** Length of the interval over which cycles are counted: 1 hour to 7 days. */
  intervalHours: z.int().min(1).max(168),
  /** Hour of local time at which intervals begin. */
  startHour: z.int().min(0).max(23),
  /** What the RPO of every VM should stay below; null: three cycles, at least 5 minutes. */
  rpoLimitMinutes: z.int().min(1).max(10_080).nullable(),
});

export const settingsSchema = z.strictObject({
  resyncWindow,
  monitoring,
  newProtection,
  bandwidth,
  upload,
  alerts: alertSettings,
  metrics: metricsSettings,
  healthPing: healthPingSettings,
});
export type Settings = Readonly<z.infer<typeof settingsSchema>>;
export type SettingsSection = keyof Settings;
export const sectionNames = Object.keys(settingsSchema.shape) as readonly SettingsSection[];

/** Right for a small site. */
export const defaultSettings: Settings = {
  resyncWindow: {
    enabled: true,
    hours: { days: [...weekdays], from: '18:30', to: '06:00' },
    atEnd: 'pause',
  },
  monitoring: { intervalHours: 12, startHour: 9, rpoLimitMinutes: null },
  newProtection: defaultNewProtection,
  bandwidth: defaultBandwidth,
  upload: defaultUpload,
  alerts: defaultAlertSettings,
  metrics: defaultMetricsSettings,
  healthPing: defaultHealthPingSettings,
};

/** Any sections, and of each any fields. */
export const settingsChange = z.strictObject({
  resyncWindow: resyncWindow.partial().optional(),
  monitoring: monitoring.partial().optional(),
  newProtection: newProtection.partial().optional(),
  bandwidth: bandwidth.partial().optional(),
  upload: upload.partial().optional(),
  alerts: alertSettings.partial().optional(),
  metrics: metricsSettings.partial().optional(),
  healthPing: healthPingSettings.partial().optional(),
});
export type SettingsChange = z.input<typeof settingsChange>;
