import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseAst } from 'vite';
import { describe, expect, it } from 'vitest';
import { en } from '../../src/renderer/i18n/en.ts';
import { it as italian } from '../../src/renderer/i18n/it.ts';
import { nl } from '../../src/renderer/i18n/nl.ts';
import { sv } from '../../src/renderer/i18n/sv.ts';
import { languageFor } from '../../src/renderer/i18n/words.ts';
import { zhHant } from '../../src/renderer/i18n/zh-hant.ts';
import { parsePreferences } from '../../src/renderer/parse-preferences.ts';

const renderer = join(import.meta.dirname, '../../src/renderer');
const files = globSync('**/*.{ts,tsx}', { cwd: renderer })
  .filter((file) => !file.startsWith('i18n'))
  .map((file) => ({ file, code: readFileSync(join(renderer, file), 'utf8') }));

const english: Readonly<Record<string, string>> = en;
const isPlural = (key: string) => key.endsWith('_one') || key.endsWith('_other');
const placeholders = (text: string) => [...new Set(text.match(/{{\w+}}/g) ?? [])].sort();

interface SyntaxNode {
  readonly type: string;
  readonly [field: string]: unknown;
}

const nodesOf = (code: string): readonly SyntaxNode[] => {
  const found: SyntaxNode[] = [];
  const visit = (value: unknown): void => {
    if (Array.isArray(value)) value.forEach(visit);
    else if (typeof value === 'object' && value !== null) {
      if ('type' in value) found.push(value as SyntaxNode);
      Object.values(value).forEach(visit);
    }
  };
  visit(parseAst(code, { lang: 'tsx' }).body);
  return found;
};

/** Attributes whose text a person reads or hears. */
const spoken = ['title', 'label', 'alt', 'placeholder', 'aria-label', 'help', 'hint', 'confirm'];
const hasLetters = (value: unknown) => typeof value === 'string' && /\p{L}/u.test(value);

const literalTexts = (code: string): readonly string[] =>
  nodesOf(code).flatMap((node) => {
    if (node.type === 'JSXText' && hasLetters(node.value)) return [String(node.value).trim()];
    if (node.type !== 'JSXAttribute') return [];
    const name = (node.name as SyntaxNode).name;
    const value = node.value as SyntaxNode | null;
    return spoken.includes(String(name)) && value?.type === 'Literal' && hasLetters(value.value)
      ? [`${String(name)}="${String(value.value)}"`]
      : [];
  });

describe('the words of the page', () => {
  it('all stand in the catalogue: no component has a text of its own', () => {
    const found = files.flatMap(({ file, code }) => literalTexts(code).map((text) => `${file}: ${text}`));
    expect(found).toEqual([]);
  });

  it('would notice a text in a component', () => {
    expect(literalTexts(`const A = () => <p title="Tip">Hello {name}</p>;`)).toEqual([
      'title="Tip"',
      'Hello',
    ]);
  });

  it('are all used', () => {
    const code = files.map((each) => each.code).join('\n');
    const prefixes = [...code.matchAll(/`([\w.]+\.)\$\{/g)].map(([, prefix]) => prefix ?? '');
    const unused = Object.keys(english)
      .map((key) => key.replace(/_(one|other)$/, ''))
      .filter((key) => !code.includes(`'${key}'`) && !code.includes(`'${key}_`))
      .filter((key) => !prefixes.some((prefix) => key.startsWith(prefix)));
    expect(unused).toEqual([]);
  });

  it.each([
    ['Dutch', nl, true],
    ['Italian', italian, true],
    ['Swedish', sv, true],
    ['Traditional Chinese', zhHant, false],
  ])('are complete in %s, with the same values to fill in', (_name, catalogue, hasSingular) => {
    const wanted = Object.keys(english).filter((key) => hasSingular || !key.endsWith('_one'));
    expect(Object.keys(catalogue).sort()).toEqual(wanted.sort());
    for (const key of wanted) {
      // A singular may say "a VM" where another language says the number.
      if (isPlural(key)) continue;
      expect(placeholders(catalogue[key] ?? ''), key).toEqual(placeholders(english[key] ?? ''));
    }
  });

  it('have no value to fill in that English does not know', () => {
    for (const catalogue of [nl, italian, sv, zhHant])
      for (const [key, text] of Object.entries(catalogue)) {
        const plural = key.replace(/_(one|other)$/, '');
        const known = [english[key], english[`${plural}_one`], english[`${plural}_other`]].join(' ');
        expect(placeholders(known), key).toEqual(expect.arrayContaining(placeholders(text)));
      }
  });

  it.each([
    [['nl-BE', 'en'], 'nl'],
    [['fr-FR', 'it'], 'it'],
    [['zh-TW'], 'zh-Hant'],
    [['zh-Hant-HK'], 'zh-Hant'],
    [['zh-CN', 'sv'], 'sv'],
    [['fr'], 'en'],
  ])('for a browser that asks for %j are those of %s', (wanted, language) => {
    expect(languageFor(wanted)).toBe(language);
  });
});

describe('the preferences of a browser', () => {
  it('survive, and what is not known any more is the default', () => {
    expect(parsePreferences('{"theme":"dark","density":"huge","language":"sv"}')).toEqual({
      theme: 'dark',
      density: 'comfortable',
      language: 'sv',
    });
  });

  it.each([null, 'no JSON', '[]', '7', 'null'])('are the defaults when %j was stored', (stored) => {
    expect(parsePreferences(stored)).toEqual({
      theme: 'system',
      density: 'comfortable',
      language: 'system',
    });
  });
});
