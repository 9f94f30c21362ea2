import { appendFileSync, readFileSync, writeFileSync } from 'node:fs';
import { crc32 } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { inspectLog } from '../../../src/main/hrl/inspect.ts';
import { temporaryFolder } from '../../support/temporary-folder.ts';
import { sampleHeader } from './log-samples.ts';
import { tinyDiskBytes, writeSmallLog } from './small-log.ts';

const inFolder = temporaryFolder();

describe('inspecting a log', () => {
  it('counts what it holds', () => {
    const path = inFolder('disk.vhdx.hrl');
    const { sizeBytes } = writeSmallLog(path, false);
    expect(inspectLog(path)).toEqual({
      path,
      sizeBytes,
      header: sampleHeader({ diskSizeBytes: tinyDiskBytes }),
      cuts: [
        { cut: 5, takenAtMs: 5_000, consistency: 'crash', blocks: 2, payloadBytes: 1400 },
        { cut: 6, takenAtMs: 6_000, consistency: 'fuzzy', blocks: 3, payloadBytes: 700 },
        { cut: 9, takenAtMs: 9_000, consistency: 'crash', blocks: 1, payloadBytes: 700 },
      ],
      records: { blocks: 6, zeroBlocks: 2, payloadBytes: 2800 },
      tail: { records: 0, bytes: 0, tornBytes: 0 },
      damage: null,
      problem: null,
    });
  });

  it('tells an unfinished pass and torn bytes from damage', () => {
    const path = inFolder('disk.vhdx.hrl');
    writeSmallLog(path, true);
    appendFileSync(path, Buffer.alloc(100, 0x55));
    expect(inspectLog(path)).toMatchObject({
      tail: { records: 2, bytes: 2 * (64 + 704), tornBytes: 100 },
      damage: null,
      problem: null,
    });
  });

  it('says where a log is damaged and where it is good again', () => {
    const path = inFolder('disk.vhdx.hrl');
    const { milestones } = writeSmallLog(path, false);
    const offset = milestones[1]!.endOffset;
    const bytes = readFileSync(path);
    bytes[offset + 10]! ^= 1;
    writeFileSync(path, bytes);
    const found = inspectLog(path);
    expect(found.cuts.map(({ cut }) => cut)).toEqual([5]);
    expect(found.damage).toEqual({
      offset,
      reason: 'there is no valid record header',
      resumesAtOffset: milestones[2]!.endOffset - 64,
    });
    expect(found.problem).toMatchObject({ code: 'HRL_CORRUPT', file: path, offset });
  });

  it('finds data that rotted', () => {
    const path = inFolder('disk.vhdx.hrl');
    writeSmallLog(path, false);
    const bytes = readFileSync(path);
    bytes[4096 + 64 + 5]! ^= 1;
    writeFileSync(path, bytes);
    const found = inspectLog(path);
    expect(found.damage).toMatchObject({ offset: 4096, reason: 'the data of block 0 has a wrong checksum' });
    expect(found.cuts).toHaveLength(3);
  });

  it('reports a file whose header it cannot read, and throws only when there is no file', () => {
    const path = inFolder('disk.vhdx.hrl');
    const beginning = Buffer.from('\x89HRL\r\n\x1a\n', 'latin1');
    for (const [content, code] of [
      [Buffer.alloc(0), 'HRL_CORRUPT'],
      [beginning, 'HRL_CORRUPT'],
      [Buffer.concat([beginning, Buffer.alloc(5000)]), 'HRL_CORRUPT'],
      [Buffer.from('not a log'), 'HRL_NOT_A_LOG'],
      [Buffer.alloc(5000), 'HRL_NOT_A_LOG'],
    ] as const) {
      writeFileSync(path, content);
      expect(inspectLog(path)).toMatchObject({
        header: null,
        sizeBytes: content.length,
        problem: { code },
      });
    }
    writeSmallLog(inFolder('newer.hrl'), false);
    const bytes = readFileSync(inFolder('newer.hrl'));
    bytes.writeUInt16LE(7, 8);
    bytes.writeUInt32LE(crc32(bytes.subarray(0, 4092)), 4092);
    writeFileSync(path, bytes);
    expect(inspectLog(path)).toMatchObject({
      header: null,
      damage: null,
      problem: { code: 'HRL_UNSUPPORTED' },
    });
    expect(() => inspectLog(inFolder('none.hrl'))).toThrow(expect.objectContaining({ code: 'HRL_MISSING' }));
  });
});
