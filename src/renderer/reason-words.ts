import type { HealthReason } from '../contract/reports.ts';
import { currentLanguage, t } from './i18n/words.ts';

/**
 * Why health is not Normal, in the page's language. The engine speaks English and gives figures; in other languages the
 * kind of the reason is said, and the engine's sentence is kept for the tooltip.
 */
export const reasonWords = ({ kind, text }: Pick<HealthReason, 'kind' | 'text'>): string =>
  currentLanguage() === 'en' ? text : t(`reason.${kind}`);
