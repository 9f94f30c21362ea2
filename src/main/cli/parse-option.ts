import { InvalidArgumentError } from 'commander';

/** Reads an option as a whole number of a range. */
export const wholeNumber =
  (least: number, most: number) =>
  (text: string): number => {
    const value = /^\d{1,16}$/.test(text) ? Number(text) : Number.NaN;
    if (value >= least && value <= most) return value;
    const range = most === Number.MAX_SAFE_INTEGER ? `of at least ${least}` : `from ${least} to ${most}`;
    throw new InvalidArgumentError(`It must be a whole number ${range}.`);
  };

/** Reads an option as a number above zero, decimals allowed. */
export const positiveNumber = (text: string): number => {
  const value = /^\d{1,9}(\.\d{1,9})?$/.test(text) ? Number(text) : 0;
  if (value > 0) return value;
  throw new InvalidArgumentError('It must be a number above 0.');
};

/** Gathers an option that may be given more than once. */
export const gather = (text: string, before: readonly string[] = []): readonly string[] => [...before, text];

/** Reads an argument as one of a few words. */
export const oneOf =
  <T extends string>(words: readonly T[]) =>
  (text: string): T => {
    const word = words.find((each) => each === text);
    if (word !== undefined) return word;
    throw new InvalidArgumentError(`It must be ${words.slice(0, -1).join(', ')} or ${words.at(-1)}.`);
  };

/** Reads `22:30` (the next time the local clock says so) or an ISO time, as an ISO time. */
export const startTime = (text: string): string => {
  const [, hours, minutes] = /^([01]?\d|2[0-3]):([0-5]\d)$/.exec(text) ?? [];
  if (hours !== undefined && minutes !== undefined) {
    const now = new Date();
    const at = new Date(now.getFullYear(), now.getMonth(), now.getDate(), Number(hours), Number(minutes));
    if (at <= now) at.setDate(at.getDate() + 1);
    return at.toISOString();
  }
  const at = /^\d{4}-\d\d-\d\dT/.test(text) ? Date.parse(text) : Number.NaN;
  if (Number.isNaN(at))
    throw new InvalidArgumentError('It must be a time: 22:30, or 2026-01-31T22:30:00+01:00.');
  return new Date(at).toISOString();
};
