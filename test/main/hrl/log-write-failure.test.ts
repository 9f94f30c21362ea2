import { execFileSync } from 'node:child_process';
import { closeSync, existsSync, mkdirSync, openSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { logWriteError } from '../../../src/main/hrl/log-error.ts';
import { LogReader } from '../../../src/main/hrl/log-reader.ts';
import { LogWriter } from '../../../src/main/hrl/log-writer.ts';
import { writeFully } from '../../../src/main/platform/positional-io.ts';
import { temporaryFolder } from '../../support/temporary-folder.ts';
import { sampleHeader } from './log-samples.ts';

const inFolder = temporaryFolder();

describe('a log that cannot be written', () => {
  it.skipIf(process.platform === 'win32')(
    'names the failure, and rolled back goes on from its last cut',
    () => {
      const path = inFolder('disk.vhdx.hrl');
      // `ulimit -f` makes the system itself refuse, in the middle of a batch; its unit is 512 bytes in a POSIX shell.
      const output = execFileSync('sh', [
        '-c',
        'ulimit -f 4096 && exec "$@"',
        'sh',
        process.execPath,
        join(import.meta.dirname, 'limited-writer.ts'),
        path,
      ]);
      const told = JSON.parse(String(output));
      expect(told.failure).toBe('HRL_WRITE_FAILED');
      expect(told.whileFailed).toEqual(['HRL_WRITE_FAILED', 'HRL_WRITE_FAILED', 'HRL_WRITE_FAILED']);
      expect(told.appends).toBeGreaterThan(30);
      expect(told.sizeAfterRollback).toBe(told.committedBytes);
      const reader = LogReader.open(path);
      expect(reader.cuts().map(({ cut, blocks }) => [cut, blocks])).toEqual([
        [5, 1],
        [6, 1],
      ]);
      expect([...reader.entries()]).toHaveLength(4);
      reader.close();
    },
  );

  it.skipIf(!existsSync('/dev/full'))('blames the volume when that is full', () => {
    const handle = openSync('/dev/full', 'r+');
    try {
      writeFully(handle, Buffer.alloc(10), 0);
      expect.unreachable();
    } catch (error) {
      expect(logWriteError(error, 'disk.vhdx.hrl', 7)).toMatchObject({
        code: 'VOLUME_LOW_SPACE',
        file: 'disk.vhdx.hrl',
        offset: 7,
        message: 'The volume that holds disk.vhdx.hrl is full.',
      });
    } finally {
      closeSync(handle);
    }
  });

  it('fails to be created where its directory is not', () => {
    expect(() => LogWriter.create(inFolder('gone', 'disk.vhdx.hrl'), sampleHeader())).toThrow(
      expect.objectContaining({ code: 'HRL_WRITE_FAILED' }),
    );
    mkdirSync(inFolder('disk.vhdx.hrl'));
    expect(() => LogWriter.openForAppend(inFolder('disk.vhdx.hrl'), sampleHeader())).toThrow(
      expect.objectContaining({ code: 'HRL_WRITE_FAILED' }),
    );
  });
});
