import { create } from 'zustand';
import { type Preferences, parsePreferences } from './parse-preferences.ts';

const storageKey = 'hvrc-preferences';

/** How this browser's user wants the page; kept in the browser. */
export const usePreferences = create<Preferences>(() => parsePreferences(localStorage.getItem(storageKey)));

export const setPreference = (change: Partial<Preferences>): void => {
  usePreferences.setState(change);
  localStorage.setItem(storageKey, JSON.stringify(usePreferences.getState()));
};
