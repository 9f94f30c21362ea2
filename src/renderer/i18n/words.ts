import { createInstance } from 'i18next';
import type { Catalogue } from './catalogue.ts';
import { en } from './en.ts';
import type { EngineWords } from './engine-words.ts';

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

interface LanguagePack {
  /** Of the page. */
  readonly page: Catalogue;
  /** Of the engine, which itself speaks English. */
  readonly engine: EngineWords;
}

const pack = async (page: Promise<Catalogue>, engine: Promise<EngineWords>): Promise<LanguagePack> => {
  const [pageWords, engineWords] = await Promise.all([page, engine]);
  return { page: pageWords, engine: engineWords };
};

const packs: Readonly<Partial<Record<Language, () => Promise<LanguagePack>>>> = {
  nl: () =>
    pack(
      import('./nl.ts').then(({ nl }) => nl),
      import('./engine/nl.ts').then(({ engineNl }) => engineNl),
    ),
  it: () =>
    pack(
      import('./it.ts').then(({ it }) => it),
      import('./engine/it.ts').then(({ engineIt }) => engineIt),
    ),
  sv: () =>
    pack(
      import('./sv.ts').then(({ sv }) => sv),
      import('./engine/sv.ts').then(({ engineSv }) => engineSv),
    ),
  'zh-Hant': () =>
    pack(
      import('./zh-hant.ts').then(({ zhHant }) => zhHant),
      import('./engine/zh-hant.ts').then(({ engineZhHant }) => engineZhHant),
    ),
};
const engineWords = new Map<string, EngineWords>();

/** What the engine says in the page's language; null for English, its own. */
export const currentEngineWords = (): EngineWords | null => engineWords.get(i18n.language) ?? null;

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
  const load = packs[language];
  if (load !== undefined && !engineWords.has(language)) {
    const { page, engine } = await load();
    i18n.addResourceBundle(language, 'translation', page);
    engineWords.set(language, engine);
  }
  await i18n.changeLanguage(language);
};
