/** What the engine pushes to whoever subscribed. Each push carries the whole new report, so that a lost one does no harm. */

import type { NotificationReport } from './alerts.ts';
import type { JobReport } from './job-reports.ts';
import type { EventReport, VmStatus } from './reports.ts';
import type { DeviceCode } from './sign-in.ts';

export type EnginePush =
  | { readonly kind: 'status'; readonly status: VmStatus }
  | { readonly kind: 'unprotected'; readonly vmId: string }
  | { readonly kind: 'job'; readonly job: JobReport }
  | { readonly kind: 'event'; readonly event: EventReport }
  /** Somebody has to type a code to sign in to a vault. */
  | { readonly kind: 'deviceCode'; readonly code: DeviceCode }
  /** For a person to see at once: what shows pages shows it. */
  | { readonly kind: 'notification'; readonly notification: NotificationReport };
