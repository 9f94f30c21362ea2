/** What the engine says, in the page's language. In English it comes as it is. */

import type { NotificationItem, NotificationReport } from '../contract/alerts.ts';
import { type ErrorCode, errorCatalogue } from '../contract/error-catalogue.ts';
import type { ErrorReport } from '../contract/errors.ts';
import { currentEngineWords, isWordKey, t } from './i18n/words.ts';

/** What an error of this code is called, without a full stop. */
export const errorTitle = (code: ErrorCode): string =>
  currentEngineWords()?.errors[code][0] ?? errorCatalogue[code].title;

/** What an error of this code is called, as a sentence. */
export const errorTitleSentence = (code: ErrorCode): string =>
  t('error.sentence', { title: errorTitle(code) });

/** A code, with what it is called. */
export const codeWords = (code: ErrorCode): string => `${code} · ${errorTitle(code)}`;

/** What happened, where details or a tooltip give the engine's own sentence too. */
export const headlineOf = ({ code, message }: Pick<ErrorReport, 'code' | 'message'>): string =>
  currentEngineWords() === null ? message : errorTitleSentence(code);

/** What happened, where nothing else is said of it. */
export const accountOf = (error: Pick<ErrorReport, 'code' | 'message'>): string =>
  currentEngineWords() === null ? error.message : `${headlineOf(error)} ${error.message}`;

/** What helps: in the page's own words where the engine's speak of its command line. */
export const nextStepOf = ({ code, nextStep }: Pick<ErrorReport, 'code' | 'nextStep'>): string => {
  const key = `nextStep.${code}`;
  return isWordKey(key) ? t(key) : (currentEngineWords()?.errors[code][1] ?? nextStep);
};

const fillIn = (words: string, values: Readonly<Record<string, string>>): string =>
  words.replace(/{{(\w+)}}/g, (_placeholder, name: string) => values[name] ?? '');

/** Where `{{name}}` stands in it, anything may stand. */
const patternOf = (phrase: string): RegExp =>
  new RegExp(`^${phrase.replace(/[.*+?^$()|[\]\\]/g, '\\$&').replace(/{{(\w+)}}/g, '(?<$1>.+)')}$`, 's');

const patterns = new Map<string, RegExp>();

const matchOf = (phrase: string, text: string): Readonly<Record<string, string>> | null => {
  if (!phrase.includes('{{')) return null;
  const pattern = patterns.get(phrase) ?? patternOf(phrase);
  patterns.set(phrase, pattern);
  return pattern.exec(text)?.groups ?? null;
};

const codeOfNextStep = (text: string): ErrorCode | undefined =>
  (Object.keys(errorCatalogue) as ErrorCode[]).find((code) => errorCatalogue[code].nextStep === text);

/** What is filled in and is a phrase too: a next step, a list of rights. Names of disks and VMs are left alone. */
const saidWithin = ({
  step,
  rights,
}: Readonly<Record<string, string>>): Readonly<Record<string, string>> => ({
  ...(step === undefined ? {} : { step: engineSays(step) }),
  ...(rights === undefined ? {} : { rights: rights.split(', ').map(engineSays).join(', ') }),
});

/** A phrase of the engine (a step, a check, what is waited for); what is no phrase comes as it is. */
export const engineSays = (text: string): string => {
  const words = currentEngineWords();
  if (words === null) return text;
  const phrases: Readonly<Record<string, string>> = words.phrases;
  if (Object.hasOwn(phrases, text)) return phrases[text] ?? text;
  const code = codeOfNextStep(text);
  if (code !== undefined) return nextStepOf({ code, nextStep: text });
  for (const [phrase, translated] of Object.entries(phrases)) {
    const values = matchOf(phrase, text);
    if (values === null) continue;
    return fillIn(translated, { ...values, ...saidWithin(values) });
  }
  return text;
};

/** What an alert is about; the engine's sentence has the figures. */
export const alertWords = ({
  cause,
  kind,
  text,
}: Pick<NotificationItem, 'cause' | 'text'> & { readonly kind?: NotificationItem['kind'] }): string => {
  const words = currentEngineWords()?.alerts[cause];
  return words === undefined ? text : words[kind === 'cleared' ? 1 : 0];
};

/** The title of a message and its lines. */
export const notificationWords = ({
  kind,
  title,
  text,
  items,
}: NotificationReport): { readonly title: string; readonly text: string } => {
  if (currentEngineWords() === null) return { title, text };
  if (kind === 'test') return { title: engineSays(title), text: engineSays(text) };
  const lines = items.map((item) => {
    const words = alertWords(item);
    return item.vm === null ? words : t('site.trouble', { vm: item.vm, reason: words });
  });
  const [only] = lines;
  return lines.length === 1 && only !== undefined
    ? { title: only, text }
    : { title: t('alerts.title'), text: lines.join('\n') };
};
