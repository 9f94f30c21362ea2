import { statSync } from 'node:fs';
import { ReplicationError } from '../../../src/contract/errors.ts';
import { LogWriter } from '../../../src/main/hrl/log-writer.ts';
import { ModelDisk, sampleHeader } from './log-samples.ts';

/**
 * Run as a process of its own whose files may not grow beyond 2 MiB: appends until the system refuses, rolls back,
 * and ends with a small pass that fits. Tells as JSON what happened.
 */
const path = process.argv[2]!;
const disk = new ModelDisk();
const writer = LogWriter.create(path, sampleHeader());
writer.append(disk.change(0, 0xff, 1));
writer.cut({ cut: 5, takenAtMs: 5, consistency: 'crash' });
const committedBytes = writer.bytes;

const codeOf = (call: () => void): string | null => {
  try {
    call();
    return null;
  } catch (error) {
    return error instanceof ReplicationError ? error.code : String(error);
  }
};

let appends = 0;
const failure = codeOf(() => {
  for (; appends < 1000; appends += 1) writer.append(disk.change(appends % 3, 0xff, appends));
});
const whileFailed = [
  codeOf(() => writer.append(disk.change(0, 1, 1))),
  codeOf(() => writer.cut({ cut: 6, takenAtMs: 6, consistency: 'crash' })),
  codeOf(() => writer.sync()),
];
writer.rollback();
const sizeAfterRollback = statSync(path).size;
writer.append(disk.change(1, 0b1, 77));
writer.cut({ cut: 6, takenAtMs: 6, consistency: 'crash' });
writer.close();
console.log(JSON.stringify({ failure, whileFailed, appends, committedBytes, sizeAfterRollback }));
