import type { HealthReason } from '../contract/reports.ts';
import { currentLanguage, t } from './i18n/words.ts';
import { errorTitleSentence } from './said-by-engine.ts';

/** Their own words say nothing of the cause. */
const toldByCode = new Set<HealthReason['kind']>(['resync', 'error', 'retrying', 'retriesExhausted']);

/**
 * Why health is not Normal, in the page's language. The engine speaks English and gives figures; in other languages the
 * kind of the reason and of its error are said, and the engine's sentence is kept for the tooltip.
 */
export const reasonWords = ({ kind, text, code }: Pick<HealthReason, 'kind' | 'text' | 'code'>): string => {
  if (currentLanguage() === 'en') return text;
  const words = t(`reason.${kind}`);
  return code === undefined || code === 'RESYNC_REQUIRED' || !toldByCode.has(kind)
    ? words
    : `${words} ${errorTitleSentence(code)}`;
};
