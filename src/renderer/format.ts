/** Numbers, times and durations as people read them, in the page's language. */
import type { SeriesRange } from '../contract/series.ts';
import { currentLanguage, t } from './i18n/words.ts';

const byteUnits = ['bytes', 'KB', 'MB', 'GB', 'TB', 'PB'] as const;

/** The browser's own variety of the page's language (en-GB, nl-BE), so that dates are as the user knows them. */
const locale = (): string => {
  const language = currentLanguage();
  return navigator.languages.find((tag) => tag.startsWith(language)) ?? language;
};

/** Formatters cost far more to make than to use, and a busy page formats thousands of figures a second. */
const kept = <F extends object>(make: (locale: string) => F): (() => F) => {
  const made = new Map<string, F>();
  return () => {
    const key = locale();
    const known = made.get(key);
    if (known !== undefined) return known;
    const formatter = make(key);
    made.set(key, formatter);
    return formatter;
  };
};

const decimalFormats = [0, 1, 2].map((digits) =>
  kept(
    (key) =>
      new Intl.NumberFormat(key, {
        minimumFractionDigits: digits,
        maximumFractionDigits: digits,
        useGrouping: false,
      }),
  ),
);
const numberFormat = kept((key) => new Intl.NumberFormat(key));
const timeFormat = kept((key) => new Intl.DateTimeFormat(key, { hour: '2-digit', minute: '2-digit' }));
const dateFormat = kept((key) => new Intl.DateTimeFormat(key));
const exactFormat = kept((key) => new Intl.DateTimeFormat(key, { dateStyle: 'full', timeStyle: 'long' }));

const decimals = (value: number, digits: number): string =>
  decimalFormats[digits]?.().format(value) ?? String(value);

/** Binary bytes with the units that Windows shows: three significant digits, e.g. `412 MB`, `1.27 TB`. */
export const formatBytes = (bytes: number): string => {
  const power = bytes < 1024 ? 0 : Math.min(Math.floor(Math.log2(bytes) / 10), byteUnits.length - 1);
  const value = bytes / 1024 ** power;
  const digits = power === 0 || value >= 100 ? 0 : value >= 10 ? 1 : 2;
  return t(`unit.${byteUnits[power] ?? 'bytes'}`, { value: decimals(value, digits) });
};

/** The same of a number that is round in its unit: `8 MB`, not `8.00 MB`. */
export const formatRoundBytes = (bytes: number): string => {
  const power = bytes < 1024 ? 0 : Math.min(Math.floor(Math.log2(bytes) / 10), byteUnits.length - 1);
  return t(`unit.${byteUnits[power] ?? 'bytes'}`, { value: numberFormat().format(bytes / 1024 ** power) });
};

export const formatRate = (bytesPerSecond: number): string =>
  t('unit.perSecond', { size: formatBytes(bytesPerSecond) });

/** `38 s`, `52 min`, `3 h 20 min`, `4 d`: coarse enough not to jitter. */
export const formatDuration = (seconds: number): string => {
  const whole = Math.max(0, Math.round(seconds));
  if (whole === 0 && seconds > 0) return t('unit.underSecond');
  if (whole < 120) return t('unit.seconds', { value: whole });
  const minutes = Math.round(whole / 60);
  if (minutes < 120) return t('unit.minutes', { value: minutes });
  const hours = Math.floor(minutes / 60);
  if (hours >= 48) return t('unit.days', { value: Math.round(hours / 24) });
  return minutes % 60 === 0
    ? t('unit.hours', { value: hours })
    : t('unit.hoursMinutes', { hours, minutes: minutes % 60 });
};

/** `03:12`, or `1:03:12` from an hour on: time left until something happens. */
export const formatCountdown = (seconds: number): string => {
  const whole = Math.max(0, Math.ceil(seconds));
  const pad = (value: number) => String(value).padStart(2, '0');
  const rest = `${pad(Math.floor(whole / 60) % 60)}:${pad(whole % 60)}`;
  return whole < 3600 ? rest : `${Math.floor(whole / 3600)}:${rest}`;
};

/** A share of 0–1 as a whole percent; never 100 % while something is left, never 0 % when something is there. */
export const formatPercent = (fraction: number): string => {
  const percent = Math.round(fraction * 100);
  if (fraction > 0 && percent === 0) return t('unit.percentLess');
  return t('unit.percent', { value: fraction < 1 ? Math.min(percent, 99) : percent });
};

export const formatNumber = (value: number): string => numberFormat().format(value);

const isSameDay = (a: Date, b: Date) =>
  a.getDate() === b.getDate() && a.getMonth() === b.getMonth() && a.getFullYear() === b.getFullYear();

/** Local time of day, with the date when it is not today's. */
export const formatTime = (iso: string, nowMs: number): string => {
  const at = new Date(iso);
  const time = timeFormat().format(at);
  return isSameDay(at, new Date(nowMs)) ? time : `${dateFormat().format(at)} ${time}`;
};

/** The exact local time, for the tooltip. */
export const formatExactTime = (iso: string): string => exactFormat().format(new Date(iso));

const clockFormat = kept(
  (key) =>
    new Intl.DateTimeFormat(key, {
      hour: '2-digit',
      minute: '2-digit',
      second: '2-digit',
      fractionalSecondDigits: 3,
      hourCycle: 'h23',
    }),
);

/** The local time of day to the millisecond, as in a log. */
export const formatClock = (iso: string): string => clockFormat().format(new Date(iso));

const axisFormats: Readonly<Record<SeriesRange, () => Intl.DateTimeFormat>> = {
  '1h': timeFormat,
  '24h': timeFormat,
  '7d': kept((key) => new Intl.DateTimeFormat(key, { weekday: 'short', day: 'numeric' })),
  '30d': kept((key) => new Intl.DateTimeFormat(key, { day: 'numeric', month: 'short' })),
};

/** A moment on a chart's axis, as coarse as the range wants it. */
export const formatAxisTime = (ms: number, range: SeriesRange): string => axisFormats[range]().format(ms);
