import { randomUUID } from 'node:crypto';
import type { DiskFile } from './disk-file.ts';
import { zeroGuid } from './guid.ts';
import { updateHeader } from './header-writer.ts';
import type { PendingLog } from './log-replay.ts';
import { mib } from './vhdx-format.ts';
import type { CurrentHeader } from './vhdx-header.ts';

const zeros = Buffer.alloc(mib);

/** Fills a range of the file with zeros. */
export const writeZeros = (file: DiskFile, offset: number, length: number): void => {
  for (let at = 0; at < length; at += zeros.length)
    file.write(zeros.subarray(0, Math.min(zeros.length, length - at)), offset + at);
};

/** Applies a log to its file and marks it empty. A crash on the way leaves a log that is applied again. */
export const applyLog = (file: DiskFile, log: PendingLog, current: CurrentHeader): void => {
  const fileBytes = Math.ceil(log.fileBytes / mib) * mib;
  if (file.sizeBytes < fileBytes) file.resize(fileBytes);
  for (const { changes } of log.entries) {
    for (const change of changes) {
      if (change.fileOffset >= BigInt(fileBytes)) continue;
      const offset = Number(change.fileOffset);
      if (change.data !== null) file.write(change.data, offset);
      else writeZeros(file, offset, Math.min(Number(change.length), fileBytes - offset));
    }
  }
  file.syncNow();
  updateHeader(file, current, { fileWriteGuid: randomUUID(), logGuid: zeroGuid });
};
