import { ReplicationError } from '../../contract/errors.ts';
import { openVirtualDisk } from '../disk/open-disk.ts';
import { openDynamicVhdWriter } from '../disk/vhd/dynamic-vhd-writer.ts';
import { openFixedVhdWriter } from '../disk/vhd/fixed-vhd-writer.ts';
import { openVhdxWriter } from '../disk/vhdx/vhdx-writer.ts';
import type { Extent, VirtualDiskWriter } from '../disk/virtual-disk.ts';
import { readPartitionTable } from '../host/folder/partition-table.ts';
import type { HostDisk, HostVm } from '../host/host.ts';
import { readFatFiles } from './fat-reader.ts';

/** A part of a disk that the workload may overwrite: the content of one file, nothing of its file system. */
export interface WorkloadArea {
  readonly vm: string;
  readonly disk: HostDisk;
  readonly path: string;
  /** One run of bytes on the disk that begins and ends on whole 4 KiB pages of it. */
  readonly extent: Extent;
  /** Written from one end to the other and again (a log), or here and there (a database). */
  readonly pattern: 'append' | 'scatter';
}

const pageBytes = 4096;
const smallestAreaBytes = 512 * 1024;
const appended = /\.(log|ldf)$/i;

/** Where a busy server writes: the larger files on the FAT volumes of the VMs' disks. Opens the disks for reading only. */
export const findWorkloadAreas = (vms: readonly HostVm[]): readonly WorkloadArea[] =>
  vms.flatMap((vm) => vm.disks.flatMap((disk) => areasOf(vm, disk)));

const areasOf = (vm: HostVm, hostDisk: HostDisk): readonly WorkloadArea[] => {
  const disk = openVirtualDisk(hostDisk.path);
  try {
    return (readPartitionTable(disk)?.partitions ?? [])
      .flatMap(({ offset }) => readFatFiles(disk, offset) ?? [])
      .flatMap(({ path, extents }) => extents.map((extent) => ({ path, extent: wholePages(extent) })))
      .filter(({ extent }) => extent.length >= smallestAreaBytes)
      .map(({ path, extent }) => ({
        vm: vm.name,
        disk: hostDisk,
        path,
        extent,
        pattern: appended.test(path) ? 'append' : 'scatter',
      }));
  } finally {
    disk.close();
  }
};

const wholePages = ({ offset, length }: Extent): Extent => {
  const start = Math.ceil(offset / pageBytes) * pageBytes;
  const end = Math.floor((offset + length) / pageBytes) * pageBytes;
  return { offset: start, length: Math.max(0, end - start) };
};

/** Opens the tip of a disk for writing. */
export const openTipWriter = (disk: HostDisk): VirtualDiskWriter => {
  if (disk.format === 'vhdx') return openVhdxWriter(disk.path);
  if (disk.format === 'vhd' && disk.kind === 'fixed') return openFixedVhdWriter(disk.path);
  if (disk.format === 'vhd' && disk.kind === 'dynamic') return openDynamicVhdWriter(disk.path);
  throw new ReplicationError(
    'DISK_UNSUPPORTED',
    `The workload cannot write into ${disk.path}, a ${disk.kind} ${disk.format.toUpperCase()}.`,
    { file: disk.path },
  );
};
