import { statSync } from 'node:fs';
import { join } from 'node:path';
import { sealStructure } from '../../../src/main/disk/vhdx/checksum.ts';
import {
  headerBytes,
  headerOffsets,
  headerSectionBytes,
  mib,
  regionTableBytes,
  regionTableOffsets,
} from '../../../src/main/disk/vhdx/vhdx-format.ts';
import { createVhdxWriter } from '../../../src/main/disk/vhdx/vhdx-writer.ts';
import { buildLogEntry, patchHeaders, readAt, writeAt } from '../../support/vhdx-log-builder.ts';
import type { FuzzImage } from '../fuzz-image.ts';
import type { FuzzTarget } from '../fuzz-target.ts';
import { exerciseDisk } from './exercise-disk.ts';

const logOffset = headerSectionBytes;
const logSectorBytes = 4096;
const logSectors = mib / logSectorBytes;
const batOffset = 3 * mib;
const logGuid = '11112222-3333-4444-5555-666677778888';

const makeDynamic = async (path: string): Promise<{ path: string; linkage: string }> => {
  const writer = createVhdxWriter(path, { sizeBytes: 6 * mib, blockBytes: mib });
  writer.write(Buffer.alloc(512, 0x11), 0);
  writer.write(Buffer.alloc(512, 0x11), 4 * mib);
  await writer.close();
  return { path, linkage: writer.linkage };
};

const makeChain = async (folder: string): Promise<string> => {
  const base = await makeDynamic(join(folder, 'base.vhdx'));
  const path = join(folder, 'tip.avhdx');
  const writer = createVhdxWriter(path, {
    sizeBytes: 6 * mib,
    blockBytes: mib,
    parent: { linkage: base.linkage, relativePath: '.\\base.vhdx', absolutePath: 'C:\\vms\\base.vhdx' },
  });
  writer.write(Buffer.alloc(1024, 0x22), 512);
  writer.write(Buffer.alloc(512, 0x22), 5 * mib);
  await writer.close();
  return path;
};

/** Two entries wait in the log: a page of the table rewritten, then a run of zeros. */
const makeWithLog = async (path: string): Promise<string> => {
  await makeDynamic(path);
  patchHeaders(path, (header) => ({ ...header, logGuid }));
  const size = statSync(path).size;
  const rest = { tail: 0, logGuid, flushedFileOffset: size, lastFileOffset: size };
  const table = readAt(path, batOffset, logSectorBytes);
  const first = buildLogEntry({ ...rest, sequence: 1n, changes: [{ offset: batOffset, data: table }] });
  const zeros = { offset: size - logSectorBytes, zeros: logSectorBytes };
  const second = buildLogEntry({ ...rest, sequence: 2n, changes: [zeros] });
  writeAt(path, first, logOffset);
  writeAt(path, second, logOffset + first.length);
  return path;
};

const seal = (image: FuzzImage, offset: number, length: number): void => {
  if (offset + length > image.sizeBytes) return;
  const structure = Buffer.from(image.bytes.subarray(offset, offset + length));
  sealStructure(structure);
  image.write(structure.subarray(4, 8), offset + 4);
};

const repair = (image: FuzzImage): void => {
  for (const offset of headerOffsets) seal(image, offset, headerBytes);
  for (const offset of regionTableOffsets) seal(image, offset, regionTableBytes);
  for (let sector = 0; sector < logSectors; sector += 1) {
    const at = logOffset + sector * logSectorBytes;
    if (at + logSectorBytes > image.sizeBytes) return;
    if (image.bytes.toString('latin1', at, at + 4) !== 'loge') continue;
    const length = image.bytes.readUInt32LE(at + 8);
    if (length >= logSectorBytes && length <= mib) seal(image, at, length);
  }
};

export const vhdxFuzzTargets: readonly FuzzTarget[] = [
  {
    name: 'vhdx-dynamic',
    makeSeed: async (folder) => (await makeDynamic(join(folder, 'disk.vhdx'))).path,
    exercise: exerciseDisk,
    repair,
  },
  { name: 'vhdx-differencing', makeSeed: makeChain, exercise: exerciseDisk, repair },
  {
    name: 'vhdx-log',
    makeSeed: (folder) => makeWithLog(join(folder, 'disk.vhdx')),
    exercise: exerciseDisk,
    repair,
  },
];
