import type { PermissionText } from '../../../contract/engine-phrases.ts';
import type { SignInReport } from '../../../contract/sign-in.ts';
import type { AzureAccess } from './azure-access.ts';
import { describePermissions, missingPermissions, readSas } from './sas-token.ts';

const dayMs = 24 * 3_600_000;
/** A signature that ends is told of this many days ahead, the soonest first. */
export const warningDays = [3, 14] as const;

/** How soon a sign-in ends: 0 it has, else the days of the warning that is due; null when there is none. */
export const warningOf = (
  expiresAtMs: number | null,
  nowMs: number,
): 0 | (typeof warningDays)[number] | null => {
  if (expiresAtMs === null) return null;
  if (expiresAtMs <= nowMs) return 0;
  return warningDays.find((days) => expiresAtMs - nowMs <= days * dayMs) ?? null;
};

export const expiryOf = ({ credential }: AzureAccess): number | null =>
  credential.kind === 'sas' ? readSas(credential.token).expiresAtMs : null;

/** What may be shown of a sign-in. */
export const signInReport = (access: AzureAccess, nowMs: number): SignInReport => {
  const { credential, endpoint } = access;
  const kind = credential.kind === 'entra' ? credential.method : credential.kind;
  const expiresAtMs = expiryOf(access);
  const letters = credential.kind === 'sas' ? readSas(credential.token).permissions : null;
  return {
    kind,
    account: endpoint,
    expiresAt: expiresAtMs === null ? null : new Date(expiresAtMs).toISOString(),
    permissions: letters === null ? null : describePermissions(letters),
    warning: sentenceOf(expiresAtMs, nowMs) ?? lacking(letters),
  };
};

const sentenceOf = (expiresAtMs: number | null, nowMs: number): string | null => {
  const days = warningOf(expiresAtMs, nowMs);
  if (days === null || expiresAtMs === null) return null;
  const at = new Date(expiresAtMs).toISOString().slice(0, 16).replace('T', ' ');
  return days === 0
    ? `The signature that gives access ended on ${at} UTC.`
    : `The signature that gives access ends on ${at} UTC.`;
};

const lacking = (letters: string | null): string | null => {
  const missing = letters === null ? [] : missingPermissions(letters);
  return missing.length === 0
    ? null
    : (`The signature does not allow to ${missing.join(', ')}.` satisfies PermissionText);
};
