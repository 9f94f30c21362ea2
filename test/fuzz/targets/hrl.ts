import { copyFileSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { crc32 } from 'node:zlib';
import { ReplicationError } from '../../../src/contract/errors.ts';
import { inspectLog } from '../../../src/main/hrl/inspect.ts';
import { LogReader } from '../../../src/main/hrl/log-reader.ts';
import { LogWriter } from '../../../src/main/hrl/log-writer.ts';
import { diskId, lineage } from '../../main/hrl/log-samples.ts';
import { writeSmallLog } from '../../main/hrl/small-log.ts';

/** Runs `use` and lets catalogued errors pass: they are what a damaged file is answered with. */
const allowing = (use: () => void): void => {
  try {
    use();
  } catch (error) {
    if (!(error instanceof ReplicationError)) throw error;
  }
};

const readEverything = (path: string): void => {
  const reader = LogReader.open(path);
  try {
    for (const _ of reader.headers());
    for (const _ of reader.entries());
    for (const _ of reader.netChanges());
  } finally {
    reader.close();
  }
};

/** Opening for append syncs, which takes longer than all the rest: every eighth file, by its content, has to do. */
const isSample = (path: string): boolean => crc32(readFileSync(path)) % 8 === 0;

const append = (path: string): void => {
  const copy = `${path}.copy`;
  copyFileSync(path, copy);
  try {
    const { writer } = LogWriter.openForAppend(copy, { diskId, lineage });
    writer.close();
    readEverything(copy);
  } finally {
    rmSync(copy, { force: true });
  }
};

/** Mutated replication logs: read, inspected and opened for append. */
export const hrlFuzzTarget = {
  name: 'hrl',
  makeSeed: (directory: string): string => {
    const path = join(directory, 'seed.hrl');
    writeSmallLog(path, true);
    return path;
  },
  exercise: (path: string): void => {
    allowing(() => readEverything(path));
    allowing(() => inspectLog(path));
    if (isSample(path)) allowing(() => append(path));
  },
};
