import { join } from 'node:path';
import { vhdChecksum } from '../../../src/main/disk/vhd/checksum.ts';
import { createDynamicVhdWriter } from '../../../src/main/disk/vhd/dynamic-vhd-writer.ts';
import { createFixedVhdWriter } from '../../../src/main/disk/vhd/fixed-vhd-writer.ts';
import { writeDifferencingVhd } from '../../support/differencing-vhd.ts';
import type { FuzzImage } from '../fuzz-image.ts';
import type { FuzzTarget } from '../fuzz-target.ts';
import { exerciseDisk } from './exercise-disk.ts';

const diskBytes = 20 * 4096 + 512;
const rootId = '11111111-2222-3333-4444-555555555555';
const tipId = '66666666-2222-3333-4444-555555555555';

const makeFixed = async (path: string): Promise<string> => {
  const writer = createFixedVhdWriter(path, { sizeBytes: 1024 * 1024, diskId: rootId });
  writer.write(Buffer.alloc(512, 0x11), 4096);
  await writer.close();
  return path;
};

const makeDynamic = async (path: string): Promise<string> => {
  const writer = createDynamicVhdWriter(path, { sizeBytes: diskBytes, blockBytes: 4096, diskId: rootId });
  for (const block of [0, 1, 5, 20]) writer.write(Buffer.alloc(512, 0x11), block * 4096);
  await writer.close();
  return path;
};

const makeChain = async (folder: string): Promise<string> => {
  await makeDynamic(join(folder, 'base.vhd'));
  const path = join(folder, 'tip.avhd');
  writeDifferencingVhd({
    path,
    sizeBytes: diskBytes,
    blockBytes: 4096,
    diskId: tipId,
    parentId: rootId,
    relativePath: '.\\base.vhd',
    absolutePath: 'C:\\vms\\base.vhd',
    parentName: 'base.vhd',
    writes: [
      { offset: 512, data: Buffer.alloc(1024, 0x22) },
      { offset: 9 * 4096, data: Buffer.alloc(512, 0x22) },
    ],
  });
  return path;
};

const seal = (image: FuzzImage, offset: number, length: number, checksumAt: number): void => {
  if (offset < 0 || offset + length > image.sizeBytes) return;
  const checksum = Buffer.alloc(4);
  checksum.writeUInt32BE(vhdChecksum(image.bytes.subarray(offset, offset + length), checksumAt));
  image.write(checksum, offset + checksumAt);
};

/** The footer, its copy, and the header where both seeds have it. A fixed disk has data at the start, but not there. */
const repair = (image: FuzzImage): void => {
  seal(image, image.sizeBytes - 512, 512, 64);
  if (image.bytes.toString('latin1', 0, 4) !== 'cone') return;
  seal(image, 0, 512, 64);
  seal(image, 512, 1024, 36);
};

export const vhdFuzzTargets: readonly FuzzTarget[] = [
  {
    name: 'vhd-fixed',
    makeSeed: (folder) => makeFixed(join(folder, 'disk.vhd')),
    exercise: exerciseDisk,
    repair,
  },
  {
    name: 'vhd-dynamic',
    makeSeed: (folder) => makeDynamic(join(folder, 'disk.vhd')),
    exercise: exerciseDisk,
    repair,
  },
  { name: 'vhd-differencing', makeSeed: makeChain, exercise: exerciseDisk, repair },
];
