import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import { createInterface } from 'node:readline';
import type { LogLine, LogLinesReport } from '../../contract/log-lines.ts';
import { parseJson } from '../platform/parse-json.ts';
import { errnoOf } from '../platform/positional-io.ts';

/** Lines before the moment, and from it on. */
const linesEachSide = 10;
const longestText = 2000;
/** Files put aside that may still hold the moment. */
const filesKept = 4;

/**
 * The lines that the log has around a moment, also where the file was put aside meanwhile. Read as a stream: a log of many
 * megabytes is neither held in memory nor does it hold anything up.
 */
export const logAround = async (path: string, at: string): Promise<LogLinesReport> => {
  const before: LogLine[] = [];
  const after: LogLine[] = [];
  for (const file of await filesFor(path, Date.parse(at))) {
    const input = createReadStream(file, { encoding: 'utf8' });
    for await (const raw of createInterface({ input, crlfDelay: Number.POSITIVE_INFINITY })) {
      const line = parseLine(raw);
      if (line === null) continue;
      if (line.at >= at) after.push(line);
      else before.push(line);
      if (before.length > linesEachSide) before.shift();
      if (after.length === linesEachSide) break;
    }
    input.destroy();
    if (after.length === linesEachSide) break;
  }
  return { file: path, lines: [...before, ...after] };
};

/** Oldest first: the file that was still written to at the moment, the one before it, and those after it. */
const filesFor = async (path: string, atMs: number): Promise<readonly string[]> => {
  const files: { readonly file: string; readonly endedMs: number }[] = [];
  for (let age = filesKept; age >= 0; age--) {
    const file = age === 0 ? path : `${path}.${age}`;
    try {
      files.push({ file, endedMs: (await stat(file)).mtimeMs });
    } catch (error) {
      // Not every age has a file; one that may not be read is the caller's to tell.
      if (errnoOf(error) !== 'ENOENT') throw error;
    }
  }
  const holding = files.findIndex(({ endedMs }) => endedMs >= atMs);
  const first = holding === -1 ? files.length - 1 : holding - 1;
  return files.slice(Math.max(0, first)).map(({ file }) => file);
};

/** Null for what is not a line of ours, as the last one of a crash may be. */
const parseLine = (raw: string): LogLine | null => {
  const parsed = parseJson(raw);
  if (typeof parsed !== 'object' || parsed === null) return null;
  const { time, level, msg, pid: _pid, ...rest } = parsed as Record<string, unknown>;
  if (typeof time !== 'string' || typeof level !== 'string') return null;
  const details = Object.keys(rest).length === 0 ? '' : ` ${JSON.stringify(rest)}`;
  return { at: time, level, text: `${typeof msg === 'string' ? msg : ''}${details}`.slice(0, longestText) };
};
