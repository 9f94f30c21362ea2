import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { errorManual, errorManualPath } from '../../scripts/error-manual.ts';
import { type ErrorCode, errorCatalogue, isErrorCode } from '../../src/contract/error-catalogue.ts';
import { errorMeanings } from '../../src/contract/error-meanings.ts';
import { ReplicationError } from '../../src/contract/errors.ts';
import { errorReportSchema } from '../../src/contract/report-schemas.ts';

const root = join(import.meta.dirname, '../..');

describe('the error catalogue', () => {
  it.each(Object.keys(errorCatalogue) as ErrorCode[])('says for %s what happened and what to do', (code) => {
    const { title, nextStep } = errorCatalogue[code];
    expect(title).toMatch(/^[A-Z].*[^.]$/);
    expect(nextStep).toMatch(/^[A-Z].*\.$/);
  });

  it.each(Object.entries(errorMeanings))(
    'says what %s means, and not in the words of its title',
    (code, meaning) => {
      expect(meaning).toMatch(/^[A-Z].*\.$/);
      expect(meaning).not.toBe(`${errorCatalogue[code as ErrorCode].title}.`);
    },
  );

  it('has at least forty codes', () => {
    expect(Object.keys(errorCatalogue).length).toBeGreaterThanOrEqual(40);
  });

  it('has an entry for every code that the program throws, and the program throws every one', () => {
    const sources = globSync('src/main/**/*.ts', { cwd: root }).map((file) =>
      readFileSync(join(root, file), 'utf8'),
    );
    const program = sources.join('\n');
    const thrown = [...program.matchAll(/ReplicationError\(\s*'([A-Z][A-Z0-9_]*)'/g)].map(
      ([, code]) => code!,
    );
    expect(thrown.length).toBeGreaterThan(100);
    expect(thrown.filter((code) => !isErrorCode(code))).toEqual([]);
    const words = new Set(program.match(/\b[A-Z][A-Z0-9]*(?:_[A-Z0-9]+)*\b/g));
    expect(Object.keys(errorCatalogue).filter((code) => !words.has(code))).toEqual([]);
  });

  it('is what docs/errors.md was made from: node scripts/error-manual.ts makes it anew', () => {
    expect(readFileSync(errorManualPath, 'utf8').replaceAll('\r\n', '\n')).toBe(errorManual());
  });

  it('takes Hyper-V’s event for a failure that is tried again, or for one that is not', () => {
    for (const { class: errorClass, hyperVEventIds } of Object.values(errorCatalogue)) {
      if (hyperVEventIds.length > 0)
        expect(hyperVEventIds.includes(32315)).toBe(errorClass === 'recoverable');
    }
  });
});

describe('an error report', () => {
  const error = new ReplicationError('DISK_TRUNCATED', 'a.vhdx ends early.', {
    vm: 'Mail',
    file: 'a.vhdx',
    offset: 2 ** 45,
    cause: new Error('EOF'),
  });

  it('survives a trip as JSON with everything a person needs', () => {
    const travelled = errorReportSchema.parse(JSON.parse(JSON.stringify(error.toReport())));
    const arrived = ReplicationError.fromReport(travelled);
    expect(arrived.toReport()).toEqual(error.toReport());
    expect(arrived).toMatchObject({ code: 'DISK_TRUNCATED', vm: 'Mail', file: 'a.vhdx', offset: 2 ** 45 });
  });

  it('with a code that the catalogue lacks is refused', () => {
    expect(errorReportSchema.safeParse({ ...error.toReport(), code: 'toString' }).success).toBe(false);
  });

  it('of something unforeseen is non-recoverable', () => {
    expect(ReplicationError.from(new TypeError('x is not a function')).toReport()).toMatchObject({
      code: 'UNKNOWN',
      class: 'nonRecoverable',
    });
  });
});
