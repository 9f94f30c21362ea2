import type { PrerequisiteCheck } from '../../contract/prerequisites.ts';

const outcomeWords = { pass: 'passed', warning: 'WARNING', fail: 'FAILED' } as const;

/** The cells of each check: its name, its outcome, what was found. */
export const describeOutcomes = (checks: readonly PrerequisiteCheck[]): string[][] =>
  checks.map((check) => [check.name, outcomeWords[check.outcome], check.detail]);

/** How to put right what did not pass, a line each. */
export const describeFixes = (checks: readonly PrerequisiteCheck[]): string[] =>
  checks.flatMap(({ name, fix }) => (fix === null ? [] : [`${name}: ${fix}`]));
