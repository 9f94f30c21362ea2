import type { HealthReason } from '../contract/reports.ts';
import { formatTime } from './format.ts';
import { currentLanguage, t } from './i18n/words.ts';
import { errorTitleSentence } from './said-by-engine.ts';

/** Their own words say nothing of the cause. */
const toldByCode = new Set<HealthReason['kind']>(['resync', 'error', 'retrying', 'retriesExhausted']);

/** The engine, whose words go into logs and mails too, tells moments by UTC; the page tells them by its own clock. */
const byLocalTime = (text: string): string =>
  text.replace(/(\d{4}-\d{2}-\d{2}) (\d{2}:\d{2}) UTC/g, (_all, day: string, time: string) =>
    formatTime(`${day}T${time}:00Z`, Date.now()),
  );

/**
 * Why health is not Normal, in the page's language. The engine speaks English and gives figures; in other languages the
 * kind of the reason and of its error are said, and the engine's sentence is kept for the tooltip.
 */
export const reasonWords = ({ kind, text, code }: Pick<HealthReason, 'kind' | 'text' | 'code'>): string => {
  if (currentLanguage() === 'en') return byLocalTime(text);
  const words = t(`reason.${kind}`);
  return code === undefined || code === 'RESYNC_REQUIRED' || !toldByCode.has(kind)
    ? words
    : `${words} ${errorTitleSentence(code)}`;
};
