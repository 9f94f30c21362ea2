import { writeSync } from 'node:fs';
import { LogWriter } from '../../../src/main/hrl/log-writer.ts';
import { crashDiskBytes, passChanges } from './crash-passes.ts';
import { ModelDisk, sampleHeader } from './log-samples.ts';

/** Run as a process of its own: goes on with the log at argv[2] until it is killed, telling every cut on stdout. */
const path = process.argv[2]!;
const { writer, recovery } = LogWriter.openForAppend(path, sampleHeader({ diskSizeBytes: crashDiskBytes }));
const disk = new ModelDisk(crashDiskBytes);
for (let cut = (recovery.lastCut?.cut ?? 4) + 1; ; cut += 1) {
  for (const { block, mask, fill } of passChanges(cut)) writer.append(disk.change(block, mask, fill));
  if (cut % 5 === 0) writer.sync();
  writer.cut({ cut, takenAtMs: cut, consistency: 'crash' });
  writeSync(1, `${cut}\n`);
}
