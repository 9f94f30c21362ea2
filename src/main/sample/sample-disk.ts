import { randomUUID } from 'node:crypto';
import { basename, dirname, join } from 'node:path';
import { openVirtualDisk } from '../disk/open-disk.ts';
import { createDynamicVhdWriter } from '../disk/vhd/dynamic-vhd-writer.ts';
import { createFixedVhdWriter } from '../disk/vhd/fixed-vhd-writer.ts';
import { createVhdxWriter } from '../disk/vhdx/vhdx-writer.ts';
import type { VirtualDiskWriter } from '../disk/virtual-disk.ts';
import { type FatFile, readFatFiles } from './fat-reader.ts';
import { writeFatVolume } from './fat-volume.ts';
import { writeGpt, writeMbr } from './partitions.ts';
import { seededRandom } from './random.ts';
import { type CheckpointWrite, mebibyte, type SampleDisk } from './sample-vms.ts';

/** Blocks smaller than Hyper-V's 32 MiB keep the sample's files small. */
const vhdxBlockBytes = 2 * mebibyte;

/**
 * Writes a disk file, and its checkpoint's child where it has one; yields the bytes written since the last yield.
 * `finalPath` is where the file will lie in the end: the child names its parent there.
 */
export async function* writeSampleDisk(
  path: string,
  finalPath: string,
  spec: SampleDisk,
): AsyncGenerator<number> {
  const disk = create(path, spec);
  let isClosed = false;
  try {
    writePartitions(disk, spec);
    for (const volume of spec.volumes) yield* writeFatVolume(disk, volume);
    await disk.close();
    isClosed = true;
  } finally {
    // After an error, and where the caller stops listening because the work was cancelled.
    if (!isClosed) disk.abandon();
  }
  if (spec.checkpointWrites.length > 0) await writeCheckpoint(path, finalPath, spec);
}

const create = (path: string, { format, sizeBytes }: SampleDisk): VirtualDiskWriter => {
  switch (format) {
    case 'fixed-vhd':
      return createFixedVhdWriter(path, { sizeBytes });
    case 'dynamic-vhd':
      return createDynamicVhdWriter(path, { sizeBytes });
    case 'dynamic-vhdx':
      return createVhdxWriter(path, { sizeBytes, blockBytes: vhdxBlockBytes });
  }
};

const writePartitions = (disk: VirtualDiskWriter, { table, volumes }: SampleDisk): void => {
  if (table !== 'gpt') {
    const partitions = volumes.map(({ type, offset, length }, index) => ({
      type: type === 'fat16' ? 0x0e : 0x0c,
      offset,
      length,
      active: table === 'mbr-active' && index === 0,
    }));
    writeMbr(disk, partitions, volumes[0]?.serial ?? 1);
    return;
  }
  const [system, ...data] = volumes;
  if (system === undefined) return;
  const reserved = {
    type: 'microsoftReserved' as const,
    name: 'Microsoft reserved partition',
    offset: system.offset + system.length,
    length: 16 * mebibyte,
    id: randomUUID(),
  };
  writeGpt(
    disk,
    [
      { ...place(system), type: 'efiSystem', name: 'EFI system partition' },
      reserved,
      ...data.map((volume) => ({
        ...place(volume),
        type: 'basicData' as const,
        name: 'Basic data partition',
      })),
    ],
    randomUUID(),
  );
};

const place = ({ offset, length }: { offset: number; length: number }) => ({
  offset,
  length,
  id: randomUUID(),
});

/** The differencing disk that Hyper-V makes for a checkpoint, `<disk>_<GUID>.avhdx`, with the guest's writes since. */
const writeCheckpoint = async (parent: string, finalParent: string, spec: SampleDisk): Promise<void> => {
  const name = `${basename(parent, '.vhdx')}_${randomUUID().toUpperCase()}.avhdx`;
  const { files, linkage } = inspect(parent, spec);
  const child = createVhdxWriter(join(dirname(parent), name), {
    sizeBytes: spec.sizeBytes,
    blockBytes: vhdxBlockBytes,
    parent: { linkage, relativePath: `./${basename(parent)}`, absolutePath: finalParent },
  });
  let isClosed = false;
  try {
    for (const [index, write] of spec.checkpointWrites.entries()) {
      const [extent] = files.get(write.path)?.extents ?? [];
      if (extent === undefined || write.offset + write.bytes > extent.length) throw outside(write);
      const bytes = new Uint8Array(write.bytes);
      seededRandom(index, write.offset).fill(bytes);
      child.write(bytes, extent.offset + write.offset);
    }
    await child.close();
    isClosed = true;
  } finally {
    if (!isClosed) child.abandon();
  }
};

const inspect = (
  path: string,
  { volumes }: SampleDisk,
): { files: ReadonlyMap<string, FatFile>; linkage: string } => {
  const disk = openVirtualDisk(path);
  try {
    const files = volumes.flatMap(({ offset }) => readFatFiles(disk, offset) ?? []);
    return { files: new Map(files.map((file) => [file.path, file])), linkage: disk.layers[0]!.linkage };
  } finally {
    disk.close();
  }
};

const outside = ({ path, offset }: CheckpointWrite): RangeError =>
  new RangeError(`The sample's ${path} has no byte ${offset}.`);
