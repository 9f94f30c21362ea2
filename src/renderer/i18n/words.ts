import { createInstance } from 'i18next';
import type { Catalogue } from './catalogue.ts';
import { en } from './en.ts';

type WithoutPlural<K> = K extends `${infer Base}_one` ? Base : K extends `${infer Base}_other` ? Base : K;

/** What can be said; those with a singular and a plural want a `count`. */
export type WordKey = WithoutPlural<keyof typeof en>;

/** The languages there are, each in its own name. */
export const languageNames = {
  en: 'English',
  nl: 'Nederlands',
  it: 'Italiano',
  sv: 'Svenska',
  'zh-Hant': '繁體中文',
} as const;
export type Language = keyof typeof languageNames;

const i18n = createInstance();
// Without asynchronous parts: the words are there when this returns.
void i18n.init({
  lng: 'en',
  fallbackLng: 'en',
  resources: { en: { translation: en } },
  keySeparator: false,
  nsSeparator: false,
  initAsync: false,
  interpolation: { escapeValue: false },
});

type Values = Readonly<Record<string, string | number>>;

/** The words for `key` in the page's language. */
export const t = (key: WordKey | keyof typeof en, values: Values = {}): string => i18n.t(key, { ...values });

/** Whether the catalogue has such a key, for keys that come from the engine. */
export const isWordKey = (key: string): key is WordKey => Object.hasOwn(en, key);

/** The language that numbers, times and words are in now. */
export const currentLanguage = (): string => i18n.language;

const catalogues: Readonly<Partial<Record<Language, () => Promise<Catalogue>>>> = {
  nl: async () => (await import('./nl.ts')).nl,
  it: async () => (await import('./it.ts')).it,
  sv: async () => (await import('./sv.ts')).sv,
  'zh-Hant': async () => (await import('./zh-hant.ts')).zhHant,
};

/** The language that fits best what the browser asks for. */
export const languageFor = (wanted: readonly string[]): Language => {
  for (const tag of wanted) {
    const name = /^zh\b.*\b(hant|tw|hk|mo)\b/i.test(tag) ? 'zh-Hant' : tag.split('-')[0]?.toLowerCase();
    const known = (Object.keys(languageNames) as Language[]).find((language) => language === name);
    if (known !== undefined) return known;
  }
  return 'en';
};

/** Makes the page speak `language`; its words are loaded when first needed. */
export const speak = async (language: Language): Promise<void> => {
  const load = catalogues[language];
  if (load !== undefined && !i18n.hasResourceBundle(language, 'translation'))
    i18n.addResourceBundle(language, 'translation', await load());
  await i18n.changeLanguage(language);
};
