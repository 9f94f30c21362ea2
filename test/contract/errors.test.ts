import { describe, expect, it } from 'vitest';
import { type ErrorCode, errorCatalogue, ReplicationError } from '../../src/contract/errors.ts';
import { errorReportSchema } from '../../src/contract/report-schemas.ts';

describe('the error catalogue', () => {
  it.each(Object.keys(errorCatalogue) as ErrorCode[])('says for %s what happened and what to do', (code) => {
    const { title, nextStep } = errorCatalogue[code];
    expect(title).toMatch(/^[A-Z].*[^.]$/);
    expect(nextStep).toMatch(/^[A-Z].*\.$/);
  });

  it('has Hyper-V event ids only where they are whole and positive', () => {
    for (const entry of Object.values(errorCatalogue))
      if ('hyperVEventId' in entry) expect(entry.hyperVEventId).toBeGreaterThan(0);
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
