import { type Theme, teamsHighContrastTheme, webDarkTheme, webLightTheme } from '@fluentui/react-components';
import { useSyncExternalStore } from 'react';
import type { ThemeChoice } from './parse-preferences.ts';

/** Figures under one another keep their columns; the fonts are those of the system. */
const fontFamilyBase = "'Segoe UI Variable Text', 'Segoe UI', system-ui, sans-serif";
const fontFamilyMonospace = "'Cascadia Mono', Consolas, ui-monospace, monospace";
const own = (theme: Theme): Theme => ({ ...theme, fontFamilyBase, fontFamilyMonospace });

const themes: Readonly<Record<Exclude<ThemeChoice, 'system'>, Theme>> = {
  light: own(webLightTheme),
  // Fluent's red is too dark to be read as text on the dark page (contrast 4.2, wanted 4.5).
  dark: { ...own(webDarkTheme), colorStatusDangerForeground1: webDarkTheme.colorPaletteRedForeground3 },
  highContrast: own(teamsHighContrastTheme),
};

const useMedia = (query: string): boolean =>
  useSyncExternalStore(
    (listener) => {
      const media = matchMedia(query);
      media.addEventListener('change', listener);
      return () => media.removeEventListener('change', listener);
    },
    () => matchMedia(query).matches,
  );

/** The theme chosen, or the one the system asks for, followed as it changes. */
export const useThemeName = (choice: ThemeChoice): Exclude<ThemeChoice, 'system'> => {
  const dark = useMedia('(prefers-color-scheme: dark)');
  const contrast = useMedia('(forced-colors: active), (prefers-contrast: more)');
  if (choice !== 'system') return choice;
  return contrast ? 'highContrast' : dark ? 'dark' : 'light';
};

export const themeOf = (name: Exclude<ThemeChoice, 'system'>): Theme => themes[name];
