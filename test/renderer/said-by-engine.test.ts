import { afterEach, describe, expect, it } from 'vitest';
import { alertCauses } from '../../src/contract/alerts.ts';
import { enginePhrases } from '../../src/contract/engine-phrases.ts';
import { errorCatalogue } from '../../src/contract/error-catalogue.ts';
import { ReplicationError } from '../../src/contract/errors.ts';
import { engineIt } from '../../src/renderer/i18n/engine/it.ts';
import { engineNl } from '../../src/renderer/i18n/engine/nl.ts';
import { engineSv } from '../../src/renderer/i18n/engine/sv.ts';
import { engineZhHant } from '../../src/renderer/i18n/engine/zh-hant.ts';
import { speak } from '../../src/renderer/i18n/words.ts';
import { reasonWords } from '../../src/renderer/reason-words.ts';
import {
  accountOf,
  alertWords,
  engineSays,
  errorTitle,
  headlineOf,
  nextStepOf,
  notificationWords,
} from '../../src/renderer/said-by-engine.ts';

const languages = [
  ['Dutch', engineNl],
  ['Italian', engineIt],
  ['Swedish', engineSv],
  ['Traditional Chinese', engineZhHant],
] as const;

const placeholders = (text: string): readonly string[] => text.match(/{{\w+}}/g) ?? [];

describe.each(languages)('what the engine says, in %s', (_name, { errors, phrases, alerts }) => {
  it('has a title and a next step for every code, and none for another', () => {
    expect(Object.keys(errors).sort()).toEqual(Object.keys(errorCatalogue).sort());
    for (const [code, [title, nextStep]] of Object.entries(errors)) {
      expect(title.trim(), code).toMatch(/\p{L}/u);
      expect(title, code).not.toMatch(/[.。]$|{{/);
      expect(nextStep.trim(), code).toMatch(/\p{L}.*[.。]$/su);
      expect(nextStep, code).not.toMatch(/{{/);
    }
  });

  it('is not left in English', () => {
    for (const [code, [title, nextStep]] of Object.entries(errors)) {
      const english = errorCatalogue[code as keyof typeof errorCatalogue];
      expect(title, code).not.toBe(english.title);
      expect(nextStep, code).not.toBe(english.nextStep);
    }
    for (const [phrase, translated] of Object.entries(phrases))
      if (phrase.includes(' ')) expect(translated).not.toBe(phrase);
  });

  it('has every phrase, with no value to fill in that English does not have', () => {
    expect(Object.keys(phrases).sort()).toEqual([...enginePhrases].sort());
    for (const phrase of enginePhrases) {
      expect(phrases[phrase].trim(), phrase).not.toBe('');
      expect(placeholders(phrase), phrase).toEqual(
        expect.arrayContaining([...placeholders(phrases[phrase])]),
      );
    }
  });

  it('has every cause of an alert', () => {
    expect(Object.keys(alerts).sort()).toEqual([...alertCauses].sort());
    for (const words of Object.values(alerts).flat()) expect(words.trim()).not.toBe('');
  });
});

describe('what the engine says', () => {
  afterEach(() => speak('en'));
  const error = new ReplicationError('VAULT_UNREACHABLE', 'The share \\\\nas\\vault is away.').toReport();

  it('comes as it is in English', () => {
    expect(errorTitle(error.code)).toBe(error.title);
    expect(headlineOf(error)).toBe(error.message);
    expect(accountOf(error)).toBe(error.message);
    expect(nextStepOf(error)).toBe(error.nextStep);
    expect(engineSays('Copy disk.vhdx')).toBe('Copy disk.vhdx');
  });

  it('names an error in the page’s language, the engine’s sentence beside it where nothing else shows it', async () => {
    await speak('nl');
    expect(errorTitle(error.code)).toBe('De kluis is niet bereikbaar');
    expect(headlineOf(error)).toBe('De kluis is niet bereikbaar.');
    expect(accountOf(error)).toBe(`De kluis is niet bereikbaar. ${error.message}`);
    expect(nextStepOf(error)).toBe(engineNl.errors.VAULT_UNREACHABLE[1]);
    await speak('zh-Hant');
    expect(headlineOf(error)).toBe('無法連線到保存庫。');
  });

  it('prefers the page’s own next step to the one that speaks of the command line', async () => {
    await speak('nl');
    expect(nextStepOf({ code: 'VAULT_UNKNOWN', nextStep: '' })).toBe('Controleer de namen onder Kluizen.');
  });

  it('is known again with what was filled in', async () => {
    await speak('nl');
    expect(engineSays('Commit the replica')).toBe('Replica vastleggen');
    expect(engineSays('Copy my (data) disk.vhdx')).toBe('my (data) disk.vhdx kopiëren');
    expect(engineSays('the bandwidth limit (1.2 MB/s until 18:00)')).toBe(
      'wacht op de bandbreedtelimiet (1.2 MB/s tot 18:00)',
    );
    expect(engineSays('the bandwidth limit (1.2 MB/s)')).toBe('wacht op de bandbreedtelimiet (1.2 MB/s)');
    expect(engineSays('Exclude a.vhdx, or shrink it.')).toBe('Laat a.vhdx weg of verklein de schijf.');
    expect(engineSays('Copy Send')).toBe('Send kopiëren');
  });

  it('has a next step of the catalogue translated, also within a phrase', async () => {
    await speak('nl');
    const english = errorCatalogue.VAULT_PASSPHRASE_NEEDED.nextStep;
    const dutch = engineNl.errors.VAULT_PASSPHRASE_NEEDED[1];
    expect(engineSays(english)).toBe(dutch);
    expect(engineSays('The signature does not allow to write, list.')).toBe(
      'De handtekening staat niet toe: schrijven, weergeven.',
    );
    expect(engineSays(`Waits for somebody to act: ${english}`)).toBe(`Wacht op iemand: ${dutch}`);
  });

  it('comes as it is where it is no phrase', async () => {
    await speak('sv');
    expect(engineSays('Something of its own occasion: 17.')).toBe('Something of its own occasion: 17.');
  });

  it('names a reason with the error behind it', async () => {
    const reason = { kind: 'error', text: 'English', code: 'VAULT_ACCESS_DENIED' } as const;
    expect(reasonWords(reason)).toBe('English');
    await speak('it');
    expect(reasonWords(reason)).toBe('Un errore ha fermato la replica. Il deposito rifiuta l’accesso.');
    expect(reasonWords({ kind: 'resync', text: '', code: 'RESYNC_REQUIRED' })).toBe(
      'Deve essere risincronizzata.',
    );
  });

  it('names an alert by its cause, and what ended as ended', async () => {
    const item = {
      kind: 'raised',
      cause: 'rpoLimit',
      severity: 'critical',
      vmId: 'v',
      vm: 'DC01',
      disk: null,
      since: '2026-01-01T00:00:00.000Z',
      text: 'The RPO of DC01 is 20 min.',
    } as const;
    const message = {
      id: '1',
      at: item.since,
      kind: 'alert',
      severity: 'critical',
      host: 'SRV',
      title: 'DC01: RPO past its limit',
      text: item.text,
      items: [item],
    } as const;
    expect(alertWords(item)).toBe(item.text);
    expect(notificationWords(message)).toEqual({ title: message.title, text: message.text });
    await speak('nl');
    expect(alertWords(item)).toBe('RPO over de limiet');
    expect(notificationWords(message)).toEqual({ title: 'DC01: RPO over de limiet', text: item.text });
    const ended = { ...item, kind: 'cleared', vm: 'FILESRV' } as const;
    expect(notificationWords({ ...message, items: [item, ended] })).toEqual({
      title: 'Meldingen',
      text: 'DC01: RPO over de limiet\nFILESRV: RPO weer binnen de limiet',
    });
    const test = {
      title: 'Test message',
      text: 'This is how alerts of SRV will reach you. Nothing has happened.',
    };
    expect(notificationWords({ ...message, ...test, kind: 'test', items: [] }).text).toBe(
      'Zo bereiken meldingen van SRV u. Er is niets gebeurd.',
    );
  });
});
