import { describe, expect, it } from 'vitest';
import { type SiteSummary, SiteWatch, summaryOf } from '../../../src/main/desktop/site-watch.ts';
import { desktopWords } from '../../../src/main/desktop/words.ts';
import { RecordingConsole } from '../../support/recording-console.ts';
import { vmStatus as vm } from '../../support/vm-status.ts';

const failing = vm('a', {
  health: 'Warning',
  healthReasons: [{ kind: 'retrying', text: 'The vault is away.', sinceMs: 0, code: 'VAULT_UNREACHABLE' }],
});
const critical = vm('a', {
  health: 'Critical',
  healthReasons: [{ kind: 'retrying', text: 'Log full.', sinceMs: 0 }],
});

describe('how the site stands', () => {
  it('is as its worst VM, with the names of those', () => {
    expect(summaryOf([vm('b'), failing, critical, vm('p', { paused: true })])).toEqual({
      health: 'Critical',
      protectedVms: 4,
      pausedVms: 1,
      troubled: ['a'],
    });
    expect(summaryOf([]).health).toBe('Normal');
  });

  it('is told when it changes, not with every push, and found anew when asked', async () => {
    let vms = [vm('a'), vm('b')];
    const engine = new RecordingConsole({ status: () => ({ vms }) });
    const told: SiteSummary[] = [];
    const watch = new SiteWatch(engine, (summary) => told.push(summary));
    await watch.refresh();
    engine.push({ kind: 'status', status: vm('a', { rpoSeconds: 41 }) });
    expect(told.map(({ protectedVms }) => protectedVms)).toEqual([2]);
    engine.push({ kind: 'status', status: critical });
    engine.push({ kind: 'unprotected', vmId: 'a' });
    expect(told.map(({ health }) => health)).toEqual(['Normal', 'Critical', 'Normal']);
    vms = [critical];
    await watch.refresh();
    expect(told.at(-1)).toMatchObject({ health: 'Critical', protectedVms: 1 });
  });
});

describe('the desktop’s words', () => {
  it.each([
    ['nl-BE', 'Afsluiten'],
    ['it', 'Esci'],
    ['sv-SE', 'Avsluta'],
    ['zh-TW', '結束'],
    ['zh-CN', 'Quit'],
    ['fr', 'Quit'],
  ])('for %s', (locale, quit) => expect(desktopWords(locale).quit).toBe(quit));

  it('have the same values to fill in, in every language', () => {
    const english = desktopWords('en');
    const values = (text: string) => text.match(/\{\w+\}/g) ?? [];
    for (const locale of ['nl', 'it', 'sv', 'zh-TW'])
      for (const [key, text] of Object.entries(desktopWords(locale)))
        expect(values(text), `${locale} ${key}`).toEqual(values(english[key as keyof typeof english]));
  });
});
