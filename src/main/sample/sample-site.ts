import { mkdir, readdir, rename, rm, rmdir } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { setImmediate } from 'node:timers/promises';
import { ReplicationError } from '../../contract/errors.ts';
import { diskErrorFrom } from '../disk/disk-error.ts';
import { openFolderHost } from '../host/folder/folder-host.ts';
import { createDirectory } from '../platform/create-directory.ts';
import { syncDirectory } from '../platform/durable.ts';
import { writeSampleDisk } from './sample-disk.ts';
import { type SampleVm, sampleVms } from './sample-vms.ts';

export interface SampleProgress {
  readonly vm: string;
  readonly disk: string;
  /** Bytes of file content written so far, of all VMs. */
  readonly doneBytes: number;
  readonly totalBytes: number;
}

export interface SampleOptions {
  readonly onProgress?: (progress: SampleProgress) => void;
  readonly signal?: AbortSignal;
  /** Makes other contents; the same seed makes the same contents. Ids are new each time. */
  readonly seed?: number;
}

export interface SampleSite {
  readonly directory: string;
  /** Paths of the VM folders. */
  readonly vms: readonly string[];
}

/** A folder of the staging folder is no VM of the host: VMs lie one level below the root. */
const stagingName = '.hvrc-sample';

/**
 * Makes three VMs of real disk files, about 300 MB in all: `WEB01` (Gen 1, fixed VHD), `FILESRV` (Gen 1, two dynamic
 * VHDs) and `SQL01` (Gen 2, dynamic VHDX with a checkpoint). They are made in a staging folder and moved into place
 * whole, so that an interrupted call leaves no half VM; the next call removes what it left.
 * @throws ReplicationError `DISK_TARGET_EXISTS` when the directory has VMs or folders of these names, `CANCELLED`,
 *   `VOLUME_LOW_SPACE`, `DISK_ACCESS_DENIED`, `DISK_WRITE_FAILED`
 */
export const createSampleSite = async (
  directory: string,
  options: SampleOptions = {},
): Promise<SampleSite> => {
  const root = resolve(directory);
  const staging = join(root, stagingName);
  const vms = sampleVms(options.seed ?? 1);
  let isNewDirectory = false;
  try {
    isNewDirectory = createDirectory(root);
    await refuseOccupied(root, vms);
    await rm(staging, { recursive: true, force: true });
    await fill(root, staging, vms, options);
    for (const { name } of vms) await rename(join(staging, name), join(root, name));
    await rm(staging, { recursive: true });
    syncDirectory(root);
  } catch (error) {
    const isOurs = !(error instanceof ReplicationError && error.code === 'DISK_TARGET_EXISTS');
    if (isOurs) await rm(staging, { recursive: true, force: true });
    if (isNewDirectory && (await readdir(root)).length === 0) await rmdir(root);
    throw diskErrorFrom(error, root, 'write');
  }
  return { directory: root, vms: vms.map(({ name }) => join(root, name)) };
};

const refuseOccupied = async (root: string, vms: readonly SampleVm[]): Promise<void> => {
  const names = new Set((await readdir(root)).map((name) => name.toLowerCase()));
  const taken = vms.find(({ name }) => names.has(name.toLowerCase()));
  if (taken === undefined && (await openFolderHost(root).listVms()).length === 0) return;
  throw new ReplicationError(
    'DISK_TARGET_EXISTS',
    taken === undefined
      ? `${root} holds virtual machines already; a sample site is made in a directory without any.`
      : `${root} holds a ${taken.name} already; a sample site is made in a directory without it.`,
    { file: root },
  );
};

const fill = async (
  root: string,
  staging: string,
  vms: readonly SampleVm[],
  options: SampleOptions,
): Promise<void> => {
  const totalBytes = vms
    .flatMap(({ disks }) => disks)
    .flatMap(({ volumes }) => volumes)
    .flatMap(({ files }) => files)
    .reduce((sum, { sizeBytes }) => sum + sizeBytes, 0);
  let doneBytes = 0;
  for (const vm of vms) {
    const folder = join(staging, vm.name, vm.disksFolder);
    await mkdir(folder, { recursive: true });
    for (const disk of vm.disks) {
      const finalPath = join(root, vm.name, vm.disksFolder, disk.fileName);
      for await (const bytes of writeSampleDisk(join(folder, disk.fileName), finalPath, disk)) {
        doneBytes += bytes;
        options.onProgress?.({ vm: vm.name, disk: disk.fileName, doneBytes, totalBytes });
        // Content is made on this thread: let a Ctrl-C and the progress bar in.
        await setImmediate();
        if (options.signal?.aborted) {
          throw new ReplicationError('CANCELLED', 'Making the sample site was cancelled.', { file: staging });
        }
      }
    }
  }
};
