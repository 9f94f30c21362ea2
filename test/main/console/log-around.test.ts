import { mkdirSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { logAround } from '../../../src/main/console/log-around.ts';
import { openLog } from '../../../src/main/platform/log.ts';
import { temporaryFolder } from '../../support/temporary-folder.ts';

const folder = temporaryFolder();
const minuteMs = 60_000;
const startMs = Date.UTC(2026, 0, 1);
const at = (minute: number): string => new Date(startMs + minute * minuteMs).toISOString();
const lineAt = (minute: number): string =>
  `${JSON.stringify({ level: 'info', time: at(minute), pid: 1, vm: 'WEB01', msg: `Minute ${minute}` })}\n`;

const writeLog = (path: string, from: number, to: number): void => {
  let text = '';
  for (let minute = from; minute < to; minute++) text += lineAt(minute);
  writeFileSync(path, text);
  utimesSync(path, new Date(startMs), new Date(startMs + (to - 1) * minuteMs));
};

it('shows what the log has before and after a moment, across a file that was put aside', async () => {
  const directory = folder('logs');
  mkdirSync(directory);
  const path = join(directory, 'hvrc.log');
  writeLog(`${path}.2`, 0, 100);
  writeLog(`${path}.1`, 100, 200);
  writeLog(path, 200, 300);

  const { file, lines } = await logAround(path, at(198));
  expect(file).toBe(path);
  expect(lines.map(({ text }) => Number(/\d+/.exec(text)?.[0]))).toEqual(
    Array.from({ length: 20 }, (_each, index) => 188 + index),
  );
  expect(lines[0]).toEqual({ at: at(188), level: 'info', text: 'Minute 188 {"vm":"WEB01"}' });
  expect((await logAround(path, at(100))).lines).toHaveLength(20);
  expect((await logAround(path, at(500))).lines.at(-1)?.text).toContain('Minute 299');
});

it('tells an error with its code, leaves a torn line out, and has nothing where there is no log', async () => {
  const directory = folder('engine');
  const log = openLog(directory);
  const { path } = log;
  log.error({ code: 'VAULT_UNREACHABLE' }, 'The vault is away: https://x.example/?sig=abcdefgh');
  log.close();
  const { lines } = await logAround(path, new Date().toISOString());
  expect(lines).toHaveLength(1);
  expect(lines[0]).toMatchObject({ level: 'error' });
  expect(lines[0]?.text).toBe('The vault is away: https://x.example/?sig=*** {"code":"VAULT_UNREACHABLE"}');
  writeFileSync(path, `${lineAt(1)}{"time":"2026`);
  expect((await logAround(path, at(1))).lines).toHaveLength(1);
  expect((await logAround(join(directory, 'none.log'), at(1))).lines).toEqual([]);
});
