import { mkdirSync, readdirSync, statSync, writeFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { inspectLog } from '../../../src/main/hrl/inspect.ts';
import { LogWriter } from '../../../src/main/hrl/log-writer.ts';
import {
  activeLogPath,
  dropLogs,
  listLogs,
  sealActiveLog,
  sealedLogPath,
  totalLogBytes,
} from '../../../src/main/hrl/rotation.ts';
import { temporaryFolder } from '../../support/temporary-folder.ts';
import { ModelDisk, sampleHeader } from './log-samples.ts';

const inFolder = temporaryFolder();

const writeActive = (rootPath: string, sequence: number) => {
  const writer = LogWriter.create(activeLogPath(rootPath), sampleHeader({ sequence, previousCut: sequence }));
  writer.append(new ModelDisk().change(0, 1, sequence));
  writer.cut({ cut: sequence + 1, takenAtMs: 1, consistency: 'crash' });
  writer.close();
};

describe('the logs beside a disk', () => {
  it('are named after the disk, one growing and the others numbered', () => {
    const root = inFolder('data.vhdx');
    expect(activeLogPath(root)).toBe(`${root}.hrl`);
    expect(sealedLogPath(root, 12)).toBe(`${root}.12.hrl`);
  });

  it('are listed by number, and nothing else is taken for one', () => {
    const root = inFolder('data.vhdx');
    for (const sequence of [9, 10, 2]) {
      writeActive(root, sequence);
      expect(sealActiveLog(root, sequence)).toBe(sealedLogPath(root, sequence));
    }
    writeActive(root, 11);
    const others = [
      'data.vhdx',
      'data.vhdx.hrl.tmp',
      'data.vhdx.x.hrl',
      'data.vhdx.01.hrl',
      'data.vhdx.1.hrl.bak',
    ];
    for (const name of [...others, 'data2.vhdx.hrl', 'data.hrl', 'xdata.vhdx.3.hrl'])
      writeFileSync(inFolder(name), 'x');
    const logs = listLogs(root);
    expect(logs.active).toEqual({ path: `${root}.hrl`, bytes: statSync(`${root}.hrl`).size });
    expect(logs.sealed.map(({ sequence }) => sequence)).toEqual([2, 9, 10]);
    expect(logs.sealed.map(({ path }) => inspectLog(path).header?.sequence)).toEqual([2, 9, 10]);
    expect(totalLogBytes(root)).toBe(4 * statSync(`${root}.hrl`).size);
  });

  it('are sealed once, also when a crash makes it be done again, and never over another log', () => {
    const root = inFolder('data.vhdx');
    expect(() => sealActiveLog(root, 1)).toThrow(expect.objectContaining({ code: 'HRL_MISSING' }));
    writeActive(root, 1);
    sealActiveLog(root, 1);
    expect(sealActiveLog(root, 1)).toBe(sealedLogPath(root, 1));
    writeActive(root, 2);
    expect(() => sealActiveLog(root, 1)).toThrow(expect.objectContaining({ code: 'HRL_WRITE_FAILED' }));
    expect(listLogs(root)).toMatchObject({ active: { path: `${root}.hrl` }, sealed: [{ sequence: 1 }] });
  });

  it('are dropped together and give their space back', () => {
    const root = inFolder('data.vhdx');
    writeActive(root, 1);
    sealActiveLog(root, 1);
    writeActive(root, 2);
    writeFileSync(`${root}.hrl.tmp`, 'half a header');
    writeFileSync(root, 'the disk itself');
    expect(dropLogs(root)).toBe(2 * (4096 + 64 + 4096 + 64));
    expect(dropLogs(root)).toBe(0);
    expect(readdirSync(inFolder())).toEqual(['data.vhdx']);
    expect(totalLogBytes(root)).toBe(0);
  });

  it('are not taken for absent while their directory cannot be read', () => {
    expect(() => listLogs(inFolder('unplugged', 'data.vhdx'))).toThrow(
      expect.objectContaining({ code: 'HRL_READ_FAILED' }),
    );
    mkdirSync(inFolder('unplugged'));
    expect(listLogs(inFolder('unplugged', 'data.vhdx'))).toEqual({ active: null, sealed: [] });
  });
});
