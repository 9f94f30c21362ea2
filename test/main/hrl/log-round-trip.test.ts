import { existsSync, statSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { ReplicationError } from '../../../src/contract/errors.ts';
import { zeroDigest } from '../../../src/main/block/digest.ts';
import { type BlockChange, fullPageMask } from '../../../src/main/block/tracking-block.ts';
import { LogReader } from '../../../src/main/hrl/log-reader.ts';
import { type CutMark, recordBytes } from '../../../src/main/hrl/log-record.ts';
import { LogWriter } from '../../../src/main/hrl/log-writer.ts';
import { regionBlocks } from '../../../src/main/hrl/survey-log.ts';
import { temporaryFolder } from '../../support/temporary-folder.ts';
import { hex, keep, ModelDisk, sampleHeader } from './log-samples.ts';

const inFolder = temporaryFolder();
let logs = 0;
const newPath = () => inFolder(`disk-${++logs}.vhdx.hrl`);

type Step =
  | { kind: 'change'; block: number; mask: number; fill: number }
  | { kind: 'cut' }
  | { kind: 'sync' }
  | { kind: 'rollback' }
  | { kind: 'reopen' };

const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 12,
    arbitrary: fc.record({
      kind: fc.constant('change' as const),
      block: fc.nat(3),
      mask: fc.oneof(fc.nat(255), fc.constantFrom(0, 255, 1, 2, 3)),
      fill: fc.nat(255),
    }),
  },
  { weight: 4, arbitrary: fc.constant<Step>({ kind: 'cut' }) },
  { weight: 1, arbitrary: fc.constantFrom<Step>({ kind: 'sync' }, { kind: 'rollback' }, { kind: 'reopen' }) },
);

/** Writes `steps` into a log and returns what a reader must find. */
const play = (path: string, steps: readonly Step[]) => {
  const header = sampleHeader();
  let disk = new ModelDisk();
  let committedDisk = disk.clone();
  let pending: BlockChange[] = [];
  const committed: { change: BlockChange; cut: number }[] = [];
  const cuts: CutMark[] = [];
  let writer = LogWriter.create(path, header);
  const dropPending = () => {
    disk = committedDisk.clone();
    pending = [];
  };
  for (const at of steps) {
    if (at.kind === 'change') {
      const change = disk.change(at.block, at.mask, at.fill);
      writer.append(change);
      pending.push(keep(change));
      change.data.fill(0xee); // the writer must not depend on the caller's buffer
    } else if (at.kind === 'cut') {
      const cut = (cuts.at(-1)?.cut ?? header.previousCut) + 1 + (cuts.length % 2);
      const takenAtMs = 1_700_000_000_000 + cuts.length;
      const consistency = (['application', 'crash', 'fuzzy'] as const)[cuts.length % 3]!;
      writer.cut({ cut, takenAtMs, consistency });
      const payloadBytes = pending.reduce((sum, { data }) => sum + data.length, 0);
      cuts.push({ cut, takenAtMs, consistency, blocks: pending.length, payloadBytes });
      committed.push(...pending.map((change) => ({ change, cut })));
      pending = [];
      committedDisk = disk.clone();
    } else if (at.kind === 'rollback') {
      writer.rollback();
      dropPending();
    } else if (at.kind === 'sync') {
      writer.sync();
      expect(statSync(path).size).toBe(writer.bytes);
    } else {
      writer.close();
      const { writer: next, recovery } = LogWriter.openForAppend(path, header);
      writer = next;
      expect(recovery.lastCut).toEqual(cuts.at(-1) ?? null);
      dropPending();
    }
    expect(writer.lastCut).toEqual(cuts.at(-1) ?? null);
    expect(writer.unfinishedRecords).toBe(pending.length);
  }
  writer.close();
  return { committed, cuts, disk: committedDisk };
};

const asText = ({ block, pageMask, data, digest }: BlockChange) =>
  `${block} ${pageMask} ${hex(data)} ${hex(digest)}`;

describe('a replication log', () => {
  it('gives back every change and every cut that was written into it, and what was not cut never', () => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 40 }), (steps) => {
        const path = newPath();
        const { committed, cuts } = play(path, steps);
        const reader = LogReader.open(path, sampleHeader());
        const found = { changes: [] as string[], owners: [] as number[], cuts: [] as CutMark[] };
        for (const entry of reader.entries()) {
          if (entry.kind === 'cut') found.cuts.push(entry.mark);
          else {
            found.changes.push(asText(entry.change));
            found.owners.push(entry.cut);
          }
        }
        expect(reader.header).toEqual(sampleHeader());
        expect(reader.cuts()).toEqual(cuts);
        expect(found.cuts).toEqual(cuts);
        expect(found.owners).toEqual(committed.map(({ cut }) => cut));
        expect(found.changes).toEqual(committed.map(({ change }) => asText(change)));
        reader.close();
      }),
      { numRuns: 60 },
    );
  });

  it('tells block numbers and digests without reading data', () => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 40 }), fc.nat(12), (steps, afterCut) => {
        const path = newPath();
        const { committed } = play(path, steps);
        const reader = LogReader.open(path);
        const headers: string[] = [];
        for (const entry of reader.headers()) {
          if (entry.kind === 'block')
            headers.push(`${entry.block} ${entry.payloadBytes} ${hex(entry.digest)} ${entry.cut}`);
        }
        const digests = [...reader.committedDigests(afterCut)].map(({ block }) => block);
        reader.close();
        expect(headers).toEqual(
          committed.map(
            ({ change, cut }) => `${change.block} ${change.data.length} ${hex(change.digest)} ${cut}`,
          ),
        );
        expect(digests).toEqual(
          committed.filter(({ cut }) => cut > afterCut).map(({ change }) => change.block),
        );
      }),
      { numRuns: 30 },
    );
  });

  it('sums up to net changes that lead to the last cut and hold nothing that later ones cover', () => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
        const path = newPath();
        const { disk } = play(path, steps);
        const reader = LogReader.open(path);
        const net = Array.from(reader.netChanges(), keep);
        reader.close();
        const rebuilt = new ModelDisk();
        const digests = rebuilt.digests();
        for (const change of net) {
          rebuilt.apply(change);
          digests[change.block] = hex(change.digest);
        }
        expect(rebuilt.bytes.equals(disk.bytes)).toBe(true);
        expect(digests).toEqual(disk.digests());
        const covered = new Map<number, number>();
        for (const { block, pageMask } of net.toReversed()) {
          const pages = pageMask === 0 ? fullPageMask(rebuilt.block(block).length) : pageMask;
          const later = covered.get(block) ?? 0;
          expect(pages & ~later).not.toBe(0);
          covered.set(block, later | pages);
        }
      }),
      { numRuns: 60 },
    );
  });

  it('costs a block that is written a thousand times its space once', () => {
    const path = newPath();
    const disk = new ModelDisk();
    const writer = LogWriter.create(path, sampleHeader());
    for (let round = 0; round < 1000; round += 1) {
      writer.append(disk.change(round % 2, 0b1, round));
      if (round % 100 === 99) writer.cut({ cut: 5 + round, takenAtMs: round, consistency: 'crash' });
    }
    writer.close();
    const reader = LogReader.open(path);
    expect(Array.from(reader.netChanges(), ({ block, data }) => [block, data.length])).toEqual([
      [0, 4096],
      [1, 4096],
    ]);
    reader.close();
  });

  it('handles blocks at both ends of a disk of 64 TiB', () => {
    const path = newPath();
    const writer = LogWriter.create(path, sampleHeader({ diskSizeBytes: 64 * 1024 ** 4 }));
    const last = 64 * regionBlocks - 1;
    const zero = { pageMask: 0, data: new Uint8Array(0), digest: zeroDigest };
    for (const block of [last, 0, last, regionBlocks, regionBlocks - 1, 0]) writer.append({ ...zero, block });
    writer.cut({ cut: 2 ** 40, takenAtMs: 2 ** 41, consistency: 'crash' });
    writer.close();
    const reader = LogReader.open(path);
    expect(reader.cuts()).toEqual([
      { cut: 2 ** 40, takenAtMs: 2 ** 41, consistency: 'crash', blocks: 6, payloadBytes: 0 },
    ]);
    expect(Array.from(reader.netChanges(), ({ block }) => block)).toEqual([
      regionBlocks - 1,
      0,
      regionBlocks,
      last,
    ]);
    reader.close();
  });

  it('spans many write batches and read windows', () => {
    const path = newPath();
    const disk = new ModelDisk(200 * 32768);
    const writer = LogWriter.create(path, sampleHeader({ diskSizeBytes: disk.bytes.length }));
    for (let block = 0; block < 200; block += 1)
      writer.append(disk.change(block, block % 3 === 0 ? 0b1010 : 0xff, block));
    writer.cut({ cut: 5, takenAtMs: 5, consistency: 'crash' });
    writer.close();
    const rebuilt = new ModelDisk(disk.bytes.length);
    const reader = LogReader.open(path);
    for (const entry of reader.entries()) if (entry.kind === 'block') rebuilt.apply(entry.change);
    reader.close();
    expect(rebuilt.bytes.equals(disk.bytes)).toBe(true);
  });
});

describe('a log writer', () => {
  it('refuses a change that the disk cannot have, and goes on', () => {
    const path = newPath();
    const writer = LogWriter.create(path, sampleHeader());
    const good = new ModelDisk().change(3, 0b11, 1);
    const bad: BlockChange[] = [
      { ...good, block: 4 },
      { ...good, block: -1 },
      { ...good, block: 0.5 },
      { ...good, pageMask: 0b111 },
      { ...good, pageMask: 256 },
      { ...good, data: good.data.subarray(1) },
      { ...good, digest: good.digest.subarray(1) },
      { ...good, pageMask: 0, data: new Uint8Array(0) },
    ];
    for (const change of bad) {
      expect(() => writer.append(change)).toThrow(
        expect.objectContaining({ code: 'INPUT_INVALID', file: path }),
      );
    }
    writer.append(good);
    expect(() => writer.cut({ cut: 4, takenAtMs: 1, consistency: 'crash' })).toThrow(/cut 4 follows cut 4/);
    writer.cut({ cut: 5, takenAtMs: 1, consistency: 'crash' });
    expect(writer.bytes).toBe(4096 + recordBytes(5632) + 64);
    writer.close();
  });

  it('never replaces a log that is there', () => {
    const path = newPath();
    LogWriter.create(path, sampleHeader()).close();
    const size = statSync(path).size;
    expect(() => LogWriter.create(path, sampleHeader())).toThrow(
      expect.objectContaining({ code: 'HRL_WRITE_FAILED' }),
    );
    expect(statSync(path).size).toBe(size);
    expect(existsSync(`${path}.tmp`)).toBe(false);
  });

  it('touches no file after it was closed', () => {
    const writer = LogWriter.create(newPath(), sampleHeader());
    writer.close();
    writer.close();
    expect(() => writer.rollback()).toThrow(
      expect.objectContaining({ code: 'STATE_INVALID' }) as ReplicationError,
    );
  });
});
