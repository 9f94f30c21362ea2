/** How numbers and times read for people; sizes are in platform/size-words. */

const plural = (count: number, unit: string): string => `${count} ${unit}${count === 1 ? '' : 's'}`;

/** `45 seconds`, `5 minutes 3 seconds`, `2 hours 5 minutes`, `3 days 4 hours`: the two largest units. */
export const formatSeconds = (seconds: number): string => {
  const whole = Math.max(0, Math.round(seconds));
  const parts = [
    plural(Math.floor(whole / 86_400), 'day'),
    plural(Math.floor(whole / 3_600) % 24, 'hour'),
    plural(Math.floor(whole / 60) % 60, 'minute'),
    plural(whole % 60, 'second'),
  ];
  const first = parts.findIndex((part) => !part.startsWith('0 '));
  if (first < 0) return '0 seconds';
  return parts
    .slice(first, first + 2)
    .filter((part) => !part.startsWith('0 '))
    .join(' ');
};

/** `180 ms`, `1.5 seconds`, from a minute on as `formatSeconds`. */
export const formatMs = (ms: number): string => {
  if (ms < 1_000) return `${Math.round(ms)} ms`;
  return ms < 60_000 ? `${(Math.floor(ms / 100) / 10).toFixed(1)} seconds` : formatSeconds(ms / 1_000);
};

const twoDigits = (value: number): string => String(value).padStart(2, '0');

/** Local time, `2026-11-20 14:32:05`; of the day of `now` only `14:32:05`. */
export const formatTime = (time: string | number, now: number): string => {
  const date = new Date(time);
  const clock = [date.getHours(), date.getMinutes(), date.getSeconds()].map(twoDigits).join(':');
  if (date.toDateString() === new Date(now).toDateString()) return clock;
  return `${date.getFullYear()}-${twoDigits(date.getMonth() + 1)}-${twoDigits(date.getDate())} ${clock}`;
};

/** `61 %`, cut off: 100 % is said only of what is complete. */
export const formatFraction = (fraction: number): string => `${Math.floor(fraction * 100)} %`;

/** `1 VM`, `3 VMs`. */
export const formatCount = (count: number, thing: string): string => plural(count, thing);

/** How many recovery points are kept, and for how long. */
export const formatRetention = (points: number, hours: number | null): string => {
  const count = formatCount(points, 'recovery point');
  return hours === null ? count : `${count}, for ${formatCount(hours, 'hour')}`;
};

/** What a terminal would obey, made visible: names and messages come from files that anybody may have written. */
export const withoutControls = (text: string): string =>
  // biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what is replaced
  text.replace(/[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u202a-\u202e\u2066-\u2069]/g, '\ufffd');
