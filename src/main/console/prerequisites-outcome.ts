import type { CheckText, FixText } from '../../contract/engine-phrases.ts';
import type { ErrorCode } from '../../contract/error-catalogue.ts';
import { type ErrorContext, type ErrorReport, ReplicationError } from '../../contract/errors.ts';
import type { PrerequisiteCheck } from '../../contract/prerequisites.ts';

export const passed = (name: CheckText, detail: string): PrerequisiteCheck => ({
  name,
  outcome: 'pass',
  detail,
  fix: null,
  error: null,
});

export const warned = (name: CheckText, detail: string, fix: FixText): PrerequisiteCheck => ({
  name,
  outcome: 'warning',
  detail,
  fix,
  error: null,
});

/** A check that an error does not keep from going on: the error's next step as the fix. */
export const warnedWith = (
  name: CheckText,
  detail: string,
  { nextStep }: ErrorReport,
): PrerequisiteCheck => ({
  name,
  outcome: 'warning',
  detail,
  fix: nextStep,
  error: null,
});

export const failed = (
  name: CheckText,
  code: ErrorCode,
  detail: string,
  fix: FixText,
  context: ErrorContext,
): PrerequisiteCheck => ({
  name,
  outcome: 'fail',
  detail,
  fix,
  error: new ReplicationError(code, `${name}: ${detail}`, context).toReport(),
});

/** A check that an error ended: its message, and its next step as the fix. */
export const failedWith = (name: CheckText, error: ErrorReport): PrerequisiteCheck => ({
  name,
  outcome: 'fail',
  detail: error.message,
  fix: error.nextStep,
  error,
});

/** `12.5 GB`, `300 GB`; below one, `16 MB`. */
export const formatGigabytes = (bytes: number): string => {
  const gigabytes = bytes / 1024 ** 3;
  if (gigabytes < 1) return `${Math.ceil(bytes / 1024 ** 2)} MB`;
  return `${gigabytes.toLocaleString('en', { maximumFractionDigits: gigabytes < 100 ? 1 : 0 })} GB`;
};
