import { randomUUID } from 'node:crypto';
import { open, rm } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { ReplicationError } from '../../contract/errors.ts';
import { type PrerequisiteCheck, prerequisiteLimits } from '../../contract/prerequisites.ts';
import type { HostDisk } from '../host/host.ts';
import { reserveBytes, type VolumeSpace, volumeSpace } from '../platform/volume.ts';
import { allocatedBytes } from '../replication/require-room.ts';
import { trackingReserve } from '../replication/tracking/log-room.ts';
import type { VaultInfo } from '../vault/replica-vault.ts';
import type { ConsoleContext } from './console-context.ts';
import { failed, failedWith, formatGigabytes, passed, warned } from './prerequisites-outcome.ts';

/** Whether logs can be written beside the disks: tried with a file that is removed again. */
export const checkLogFolders = (disks: readonly HostDisk[]): Promise<PrerequisiteCheck[]> => {
  const folders = Map.groupBy(disks, ({ rootPath }) => dirname(rootPath));
  return Promise.all(
    [...folders].map(([folder, inIt]) =>
      checkLogFolder(
        folder,
        inIt.map(({ rootPath }) => basename(rootPath)),
      ),
    ),
  );
};

/** A log in transit is called `<disk>.<n>.hrl`. */
const logSuffix = '.99999999.hrl';

const checkLogFolder = async (folder: string, names: readonly string[]): Promise<PrerequisiteCheck> => {
  const name = 'Log folder';
  const longest = names.toSorted((a, b) => Buffer.byteLength(b) - Buffer.byteLength(a))[0] ?? '';
  // As long as the name of a log will be: characters where they are counted, bytes where those are.
  const logName = longest.replace(/[ -~]/g, 'x') + logSuffix;
  const id = `.hvrc-check-${randomUUID()}`;
  const path = join(folder, id + logName.slice(id.length));
  try {
    const file = await open(path, 'wx');
    try {
      await file.write('hvrc');
      await file.sync();
    } finally {
      await file.close();
      await rm(path, { force: true });
    }
    return passed(name, `A file was written into ${folder}, and removed.`);
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === 'ENAMETOOLONG') {
      const detail = `The name ${longest} is too long for a log beside it, which needs ${logSuffix.length} characters more.`;
      return failed(name, 'DISK_UNSUPPORTED', detail, 'Give the disk file a shorter name.', {
        file: folder,
        cause,
      });
    }
    const why = cause instanceof Error ? cause.message : String(cause);
    return failed(
      name,
      'DISK_ACCESS_DENIED',
      `${folder} takes no file: ${why}.`,
      'Give the account that runs the engine the right to write into that folder.',
      { file: folder, cause },
    );
  }
};

interface LogVolume {
  readonly space: VolumeSpace;
  /** What the logs of the disks on it may grow to. */
  readonly logBytes: number;
}

/** Whether each volume with disks has room for their logs, which may take half of each disk. */
export const checkLogSpace = async (
  context: ConsoleContext,
  disks: readonly HostDisk[],
): Promise<PrerequisiteCheck[]> => {
  const volumes = new Map<string, LogVolume>();
  try {
    for (const { rootPath, sizeBytes } of disks) {
      const space = await volumeSpace(dirname(rootPath));
      const logBytes = volumes.get(space.mount)?.logBytes ?? 0;
      volumes.set(space.mount, {
        space,
        logBytes: logBytes + sizeBytes * prerequisiteLimits.logShare.value,
      });
    }
  } catch (error) {
    return [failedWith('Log space', ReplicationError.from(error).toReport())];
  }
  return [...volumes.values()].map((volume) => logSpace(context, volume));
};

const logSpace = (context: ConsoleContext, { space, logBytes }: LogVolume): PrerequisiteCheck => {
  const { freeBytes, mount } = space;
  const name = 'Log space';
  const reserve = reserveOf(context, space);
  const share = `${prerequisiteLimits.logShare.value * 100} %`;
  const figures = `${formatGigabytes(freeBytes)} free on ${mount}; logs may grow to ${formatGigabytes(logBytes)} (${share} of the disks), ${formatGigabytes(reserve)} must stay free`;
  if (freeBytes < reserve) {
    const fix = `Free ${formatGigabytes(reserve - freeBytes)} or more on ${mount}.` as const;
    return failed(name, 'VOLUME_LOW_SPACE', `${figures}.`, fix, { file: mount });
  }
  const short = reserve + logBytes - freeBytes;
  if (short <= 0) return passed(name, `${figures}.`);
  return warned(
    name,
    `${figures}: after a long outage changes would be remembered without a log.`,
    `Free ${formatGigabytes(short)} on ${mount} to be safe.`,
  );
};

/** What must stay free of a volume: the setting `tracking.reserve`, else 5 % and at least 1 GiB. */
const reserveOf = ({ store }: ConsoleContext, { totalBytes }: { readonly totalBytes: number }): number =>
  store.settings.get(trackingReserve) ?? reserveBytes(totalBytes);

/** Whether a directory vault has room for the first copy; a storage account has no limit worth checking. */
export const checkVaultSpace = async (
  context: ConsoleContext,
  { freeBytes, totalBytes, target }: VaultInfo,
  disks: readonly HostDisk[],
): Promise<PrerequisiteCheck> => {
  const name = 'Vault: space for the replica';
  const allocated = await allocatedBytesOfAll(disks);
  if (freeBytes === null || totalBytes === null)
    return passed(name, `The first copy comes to ${formatGigabytes(allocated)} at most.`);
  const reserve = reserveOf(context, { totalBytes });
  const figures = `${formatGigabytes(freeBytes)} free at ${target}; the first copy comes to ${formatGigabytes(allocated)} at most, ${formatGigabytes(reserve)} must stay free.`;
  const short = allocated + reserve - freeBytes;
  if (short <= 0) return passed(name, figures);
  const fix =
    `Free ${formatGigabytes(short)} at the vault, exclude a disk, or choose another vault.` as const;
  return failed(name, 'VAULT_FULL', figures, fix, { file: target });
};

const allocatedBytesOfAll = async (disks: readonly HostDisk[]): Promise<number> =>
  allocatedBytes({ files: [...new Set(disks.flatMap((disk) => disk.files))] });
