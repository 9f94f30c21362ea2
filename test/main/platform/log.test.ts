import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { ReplicationError } from '../../../src/contract/errors.ts';
import { openLog, withoutSecrets } from '../../../src/main/platform/log.ts';

let data: string;
beforeEach(() => {
  data = mkdtempSync(join(tmpdir(), 'hvrc-log-'));
});
afterEach(() => rmSync(data, { recursive: true }));

const linesOf = (path: string): Record<string, unknown>[] =>
  readFileSync(path, 'utf8')
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as Record<string, unknown>);

describe('the log', () => {
  it('has one JSON object per line, with an error down to its cause', () => {
    const log = openLog(data);
    const cause = new Error('EIO');
    log.error(
      {
        error: new ReplicationError('DISK_READ_FAILED', 'a.vhdx cannot be read.', {
          file: 'a.vhdx',
          offset: 512,
          cause,
        }),
      },
      'Cycle failed',
    );
    log.child({ vm: 'Mail' }).info('Cycle done');
    log.close();
    const [first, second] = linesOf(log.path);
    expect(first).toMatchObject({
      level: 'error',
      msg: 'Cycle failed',
      error: { code: 'DISK_READ_FAILED', offset: 512, cause: { message: 'EIO' } },
    });
    expect(second).toMatchObject({ level: 'info', vm: 'Mail' });
  });

  it('keeps its files within their size and number', () => {
    const log = openLog(data, { maxBytes: 2_000, keep: 2 });
    for (let at = 0; at < 200; at++) log.info({ at }, 'x'.repeat(100));
    log.close();
    const files = readdirSync(join(data, 'logs')).sort();
    expect(files).toEqual(['hvrc.log', 'hvrc.log.1', 'hvrc.log.2']);
    for (const file of files) expect(statSync(join(data, 'logs', file)).size).toBeLessThanOrEqual(2_000);
    const kept = ['hvrc.log.2', 'hvrc.log.1', 'hvrc.log'].flatMap((file) =>
      linesOf(join(data, 'logs', file)).map(({ at }) => at as number),
    );
    expect(kept).toEqual(Array.from({ length: kept.length }, (_, at) => 200 - kept.length + at));
  });

  it('loses no line while a file cannot be put aside, says so once, and rotates when it can again', () => {
    const failures: unknown[] = [];
    const log = openLog(data, { maxBytes: 1_000, keep: 1, onFailure: (error) => failures.push(error) });
    // Nothing can be renamed onto a directory.
    mkdirSync(`${log.path}.1`, { recursive: true });
    for (let at = 0; at < 20; at++) log.info({ at }, 'x');
    expect(statSync(log.path).size).toBeGreaterThan(1_000);
    expect(linesOf(log.path).map(({ at }) => at)).toEqual(Array.from({ length: 20 }, (_, at) => at));
    expect(failures).toHaveLength(1);
    for (let at = 0; at < 100; at++) log.info({ at }, 'x');
    expect(statSync(log.path).size).toBeLessThanOrEqual(2_000);
    rmSync(`${log.path}.1`, { recursive: true });
    log.info('Rotated');
    log.close();
    expect(linesOf(log.path).map(({ msg }) => msg)).toEqual(['Rotated']);
    expect(failures).toHaveLength(1);
  });

  it('goes on in the file of an earlier run', () => {
    for (const run of [1, 2]) {
      const log = openLog(data);
      log.info({ run }, 'Started');
      log.close();
    }
    expect(linesOf(join(data, 'logs', 'hvrc.log')).map(({ run }) => run)).toEqual([1, 2]);
  });

  it('says once that it cannot be written, and does not throw', () => {
    writeFileSync(join(data, 'logs'), 'a file where the directory should be');
    const failures: unknown[] = [];
    const log = openLog(data, { onFailure: (error) => failures.push(error) });
    log.info('one');
    log.info('two');
    expect(failures).toHaveLength(1);
    rmSync(join(data, 'logs'));
    mkdirSync(join(data, 'logs'));
    log.info('three');
    log.close();
    expect(linesOf(log.path)).toHaveLength(1);
  });

  it('takes secrets out of whatever is logged', () => {
    const log = openLog(data);
    log.info(
      { url: 'https://a.blob.core.windows.net/c?sv=2024&sig=abc%2Bdef%3D&se=1', key: 'AccountKey=Zm9v==;' },
      'x',
    );
    log.error({ error: new Error('403 for https://h/c?sig=abcdef with Bearer eyJhbGciOi.J9') }, 'y');
    log.close();
    const text = readFileSync(log.path, 'utf8');
    expect(text).not.toMatch(/abc|def|Zm9v|eyJ/);
    expect(text).toContain('sv=2024');
    expect(linesOf(log.path)).toHaveLength(2);
  });
});

describe('withoutSecrets', () => {
  it.each([
    ['https://h/c?sig=x%3D&se=1', 'https://h/c?sig=***&se=1'],
    [
      'DefaultEndpointsProtocol=https;AccountKey=a==;X=1',
      'DefaultEndpointsProtocol=https;AccountKey=***;X=1',
    ],
    ['https://user:pass@host/', 'https://user:***@host/'],
    ['a plain sentence about signals', 'a plain sentence about signals'],
  ])('turns %s into %s', (text, clean) => {
    expect(withoutSecrets(text)).toBe(clean);
  });
});
