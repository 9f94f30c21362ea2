import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readFileSync, watch } from 'node:fs';
import { dirname } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { openVhdxWriter } from '../../../../src/main/disk/vhdx/vhdx-writer.ts';
import { contentOf } from '../../../support/layer-content.ts';
import { oracleMissing, qemuImg } from '../../../support/oracles.ts';
import { randomBelow, randomFrom } from '../../../support/random.ts';
import { useTemporaryFolder } from '../../../support/temporary-folder.ts';

const script = fileURLToPath(new URL('../../../support/vhdx-random-writer.ts', import.meta.url));
const rounds = 20;
const sectorBytes = 512;
const sectorCount = (16 * 1024 * 1024) / sectorBytes;
const temporary = useTemporaryFolder();

interface Change {
  readonly first: number;
  readonly count: number;
  readonly id: number;
}

/** Lines of the journal; the last one may be torn. */
const linesOf = (journal: string): Record<string, number>[] =>
  existsSync(journal)
    ? readFileSync(journal, 'utf8')
        .split('\n')
        .slice(0, -1)
        .map((line) => JSON.parse(line) as Record<string, number>)
    : [];

/** Resolves once the journal has `count` lines: the moment at which the process dies. */
const hasLines = async (journal: string, count: number): Promise<void> => {
  if (linesOf(journal).length >= count) return;
  const watcher = watch(dirname(journal));
  try {
    for (;;) {
      await once(watcher, 'change');
      if (linesOf(journal).length >= count) return;
    }
  } finally {
    watcher.close();
  }
};

const killedAfter = async (args: readonly string[], journal: string, lines: number): Promise<void> => {
  const child = spawn(process.execPath, [script, ...args], { stdio: ['ignore', 'ignore', 'inherit'] });
  const ended = once(child, 'exit');
  const failed = ended.then(([code, signal]) => {
    if (signal !== 'SIGKILL') throw new Error(`the writer ended by itself with ${code}`);
  });
  await Promise.race([hasLines(journal, lines), failed]);
  child.kill('SIGKILL');
  await failed;
};

/** Ids that each sector may hold: what it held at the last flush, or what was begun since. */
const checkContent = (path: string, before: Uint32Array, journal: string): Uint32Array => {
  const changes: Change[] = [];
  const flushed = Uint32Array.from(before);
  let pending: Change[] = [];
  for (const line of linesOf(journal)) {
    if (line.id !== undefined) {
      const change = { first: line.first!, count: line.count!, id: line.id };
      changes.push(change);
      pending.push(change);
    } else if (line.flushedBefore !== undefined) {
      for (const { first, count, id } of pending) flushed.fill(id, first, first + count);
      pending = [];
    }
  }
  const content = contentOf([path]);
  const words = new Uint32Array(content.buffer, content.byteOffset, content.length / 4);
  const found = new Uint32Array(sectorCount);
  for (let sector = 0; sector < sectorCount; sector += 1) {
    const id = words[(sector * sectorBytes) / 4]!;
    found[sector] = id;
    if (id === flushed[sector]) continue;
    const isNew = pending.some(
      (change) => change.id === id && sector >= change.first && sector < change.first + change.count,
    );
    if (!isNew) throw new Error(`sector ${sector} holds ${id}, not ${flushed[sector]} nor anything newer`);
  }
  return found;
};

describe.skipIf(oracleMissing('qemu-img'))('a VHDX whose writer is killed', () => {
  it(`opens, is found clean and holds what was flushed, ${rounds} times in a row`, async () => {
    const path = temporary('disk.vhdx');
    const random = randomFrom(2024);
    let content: Uint32Array = new Uint32Array(sectorCount);
    for (let round = 0; round < rounds; round += 1) {
      const journal = temporary(`journal-${round}`);
      const args = [path, journal, String(round + 1), String(round * 1_000_000 + 1)];
      await killedAfter(args, journal, 1 + randomBelow(random, 60));
      content = checkContent(path, content, journal);
      expect(qemuImg('check', '-f', 'vhdx', path)).toContain('No errors');
    }
    const writer = openVhdxWriter(path);
    writer.zero(0, writer.sizeBytes);
    await writer.close();
    expect(qemuImg('check', '-f', 'vhdx', path)).toContain('No errors');
  });
});
