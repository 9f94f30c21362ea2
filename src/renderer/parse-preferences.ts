import { type Language, languageNames } from './i18n/words.ts';

export const themeChoices = ['system', 'light', 'dark', 'highContrast'] as const;
export type ThemeChoice = (typeof themeChoices)[number];
export const densities = ['comfortable', 'compact'] as const;
export type Density = (typeof densities)[number];
export type LanguageChoice = Language | 'system';

export interface Preferences {
  readonly theme: ThemeChoice;
  readonly density: Density;
  readonly language: LanguageChoice;
}

const languageChoices: readonly LanguageChoice[] = ['system', ...(Object.keys(languageNames) as Language[])];

const oneOf = <T extends string>(known: readonly T[], value: unknown, otherwise: T): T =>
  known.find((choice) => choice === value) ?? otherwise;

/** Preferences from what was stored: anything that is not known any more is the default. */
export const parsePreferences = (stored: string | null): Preferences => {
  let kept: Partial<Record<keyof Preferences, unknown>> = {};
  try {
    const parsed: unknown = JSON.parse(stored ?? '{}');
    if (typeof parsed === 'object' && parsed !== null) kept = parsed;
  } catch {
    // Not ours: as if nothing had been stored.
  }
  return {
    theme: oneOf(themeChoices, kept.theme, 'system'),
    density: oneOf(densities, kept.density, 'comfortable'),
    language: oneOf(languageChoices, kept.language, 'system'),
  };
};
