import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { describe, expect, it } from 'vitest';
import { LogReader } from '../../../src/main/hrl/log-reader.ts';
import { LogWriter } from '../../../src/main/hrl/log-writer.ts';
import { temporaryFolder } from '../../support/temporary-folder.ts';
import { crashDiskBytes, passChanges } from './crash-passes.ts';
import { ModelDisk, sampleHeader } from './log-samples.ts';

const inFolder = temporaryFolder();
const header = sampleHeader({ diskSizeBytes: crashDiskBytes });

/** Lets a child write and kills it once it has told `passes` cuts; returns the last cut that it told. */
const writeAndKill = async (path: string, passes: number): Promise<number> => {
  const child = spawn(process.execPath, [join(import.meta.dirname, 'crash-writer.ts'), path], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const exited = once(child, 'exit');
  let told = 0;
  let count = 0;
  for await (const line of createInterface(child.stdout)) {
    told = Number(line);
    count += 1;
    // The child writes on until the signal reaches it, somewhere in a later pass.
    if (count === passes) child.kill('SIGKILL');
  }
  await exited;
  expect(child.signalCode ?? child.exitCode).toBe('SIGKILL');
  return told;
};

describe('a process that is killed while it writes a log', () => {
  it('loses no cut that it has told, and goes on with the next one', async () => {
    const path = inFolder('disk.vhdx.hrl');
    LogWriter.create(path, header).close();
    for (let round = 0; round < 8; round += 1) {
      const told = await writeAndKill(path, 1 + ((round * 5) % 12));
      const { writer, recovery } = LogWriter.openForAppend(path, header);
      writer.close();
      expect(recovery.lastCut?.cut).toBeGreaterThanOrEqual(told);
      const lastCut = recovery.lastCut!.cut;
      const disk = new ModelDisk(crashDiskBytes);
      for (let cut = 5; cut <= lastCut; cut += 1) {
        for (const { block, mask, fill } of passChanges(cut)) disk.change(block, mask, fill);
      }
      const rebuilt = new ModelDisk(crashDiskBytes);
      const reader = LogReader.open(path);
      expect(reader.cuts().map(({ cut }) => cut)).toEqual(
        Array.from({ length: lastCut - 4 }, (_, index) => 5 + index),
      );
      for (const entry of reader.entries()) if (entry.kind === 'block') rebuilt.apply(entry.change);
      reader.close();
      expect(rebuilt.bytes.equals(disk.bytes)).toBe(true);
    }
  });
});
