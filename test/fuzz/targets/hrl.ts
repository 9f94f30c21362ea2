import { copyFileSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { crc32 } from 'node:zlib';
import { ReplicationError } from '../../../src/contract/errors.ts';
import { inspectLog } from '../../../src/main/hrl/inspect.ts';
import { logHeaderBytes } from '../../../src/main/hrl/log-header.ts';
import { LogReader } from '../../../src/main/hrl/log-reader.ts';
import { recordAlignment, recordHeaderBytes } from '../../../src/main/hrl/log-record.ts';
import { LogWriter } from '../../../src/main/hrl/log-writer.ts';
import { diskId, lineage } from '../../main/hrl/log-samples.ts';
import { writeSmallLog } from '../../main/hrl/small-log.ts';
import type { FuzzImage } from '../fuzz-image.ts';
import type { FuzzTarget } from '../fuzz-target.ts';

/** Runs `use` and returns the catalogued error that a damaged file is answered with. */
const refusalOf = (use: () => void): ReplicationError | null => {
  try {
    use();
    return null;
  } catch (error) {
    if (error instanceof ReplicationError) return error;
    throw error;
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

/** Makes the checksums of file and record headers fit, so that impossible values behind valid checksums are met. */
const repair = (image: FuzzImage): void => {
  if (image.sizeBytes < logHeaderBytes) return;
  const crc = Buffer.alloc(4);
  const seal = (start: number, length: number, seed: number): number => {
    const value = crc32(image.bytes.subarray(start, start + length), seed);
    crc.writeUInt32LE(value);
    image.write(crc, start + length);
    return value;
  };
  const seed = seal(0, logHeaderBytes - 4, 0);
  for (let at = logHeaderBytes; at + recordHeaderBytes <= image.sizeBytes; at += recordAlignment) {
    if (image.bytes.toString('latin1', at, at + 4) === 'HRLr') seal(at, recordHeaderBytes - 4, seed);
  }
};

/** Mutated replication logs: read, inspected and opened for append. */
export const hrlFuzzTarget: FuzzTarget = {
  name: 'hrl',
  makeSeed: (directory) => {
    const path = join(directory, 'seed.hrl');
    writeSmallLog(path, true);
    return path;
  },
  exercise: (path) => {
    const refusal = refusalOf(() => readEverything(path));
    inspectLog(path);
    if (isSample(path)) refusalOf(() => append(path));
    if (refusal !== null) throw refusal;
  },
  repair,
};
