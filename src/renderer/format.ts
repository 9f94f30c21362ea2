/** Numbers, times and durations as people read them. */

const byteUnits = ['bytes', 'KB', 'MB', 'GB', 'TB', 'PB'] as const;

/** Binary bytes with the units that Windows shows: three significant digits, e.g. `412 MB`, `1.27 TB`. */
export const formatBytes = (bytes: number): string => {
  const power = bytes < 1024 ? 0 : Math.min(Math.floor(Math.log2(bytes) / 10), byteUnits.length - 1);
  const value = bytes / 1024 ** power;
  const digits = power === 0 || value >= 100 ? 0 : value >= 10 ? 1 : 2;
  return `${value.toFixed(digits)} ${byteUnits[power]}`;
};

export const formatRate = (bytesPerSecond: number): string => `${formatBytes(bytesPerSecond)}/s`;

/** `38 s`, `52 min`, `3 h 20 min`, `4 d`: coarse enough not to jitter. */
export const formatDuration = (seconds: number): string => {
  const whole = Math.max(0, Math.round(seconds));
  if (whole < 120) return `${whole} s`;
  const minutes = Math.round(whole / 60);
  if (minutes < 120) return `${minutes} min`;
  const hours = Math.floor(minutes / 60);
  if (hours >= 48) return `${Math.round(hours / 24)} d`;
  return minutes % 60 === 0 ? `${hours} h` : `${hours} h ${minutes % 60} min`;
};

/** A share of 0–1 as a whole percent; never 100 % while something is left, never 0 % when something is there. */
export const formatPercent = (fraction: number): string => {
  const percent = Math.round(fraction * 100);
  if (fraction > 0 && percent === 0) return '< 1 %';
  return `${fraction < 1 ? Math.min(percent, 99) : percent} %`;
};

const isSameDay = (a: Date, b: Date) => a.toDateString() === b.toDateString();

/** Local time of day, with the date when it is not today's. */
export const formatTime = (iso: string, nowMs: number): string => {
  const at = new Date(iso);
  const time = at.toLocaleTimeString(undefined, { hour: '2-digit', minute: '2-digit' });
  return isSameDay(at, new Date(nowMs)) ? time : `${at.toLocaleDateString()} ${time}`;
};

/** The exact local time, for the tooltip. */
export const formatExactTime = (iso: string): string => new Date(iso).toLocaleString();
