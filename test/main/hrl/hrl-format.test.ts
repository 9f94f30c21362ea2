import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { digestOf } from '../../../src/main/block/digest.ts';
import { LogReader } from '../../../src/main/hrl/log-reader.ts';
import { temporaryFolder } from '../../support/temporary-folder.ts';
import { hex } from './log-samples.ts';

const inFolder = temporaryFolder();
const repository = join(import.meta.dirname, '..', '..', '..');

/** The example file out of docs/hrl-format.md. */
const exampleBytes = (): Buffer => {
  const text = readFileSync(join(repository, 'docs', 'hrl-format.md'), 'utf8');
  const dump = /```hexdump\n([^`]+)```/.exec(text)![1]!;
  const bytes = Buffer.alloc(4800);
  for (const line of dump.trim().split('\n')) {
    const [offset, digits] = line.split('  ') as [string, string];
    bytes.write(digits.replaceAll(' ', ''), Number.parseInt(offset, 16), 'hex');
  }
  return bytes;
};

describe('the documented format', () => {
  it('is the one that is read: the example in docs/hrl-format.md holds what the text says', () => {
    const path = inFolder('example.hrl');
    writeFileSync(path, exampleBytes());
    const reader = LogReader.open(path);
    expect(reader.header).toEqual({
      purpose: 'log',
      diskId: '3b6c2f10-8a4e-4d5c-9f21-7e0d5ac81b42',
      diskSizeBytes: 33_280,
      sequence: 7,
      lineage: 'c0ffee00-1234-4abc-8def-0123456789ab',
      previousCut: 41,
      createdAtMs: Date.UTC(2026, 0, 2, 3, 4, 5),
    });
    const payload = Buffer.alloc(512);
    payload.write('Hello, replica!\n');
    const entries = Array.from(reader.entries(), (entry) =>
      entry.kind === 'cut'
        ? entry.mark
        : [entry.change.block, entry.change.pageMask, hex(entry.change.data), hex(entry.change.digest)],
    );
    reader.close();
    expect(entries).toEqual([
      [1, 1, hex(payload), hex(digestOf(payload))],
      [0, 0, '', '00'.repeat(16)],
      {
        cut: 42,
        takenAtMs: Date.UTC(2026, 0, 2, 3, 9, 5),
        consistency: 'crash',
        blocks: 2,
        payloadBytes: 512,
      },
    ]);
  });
});
