import { stat } from 'node:fs/promises';
import { ReplicationError } from '../../contract/errors.ts';
import type { HostDisk } from '../host/host.ts';
import { systemClock } from '../platform/clock.ts';
import { formatBytes } from '../platform/size-words.ts';
import { slackBytes, type VolumeSpace } from '../platform/volume.ts';
import type { EngineContext } from './engine-context.ts';

/** A volume that does not say how much it has is found out by the work itself. */
const patienceMs = 10_000;

/**
 * Whether a volume has room for what is about to be written there.
 * @param what as in “needed for …”
 * @throws ReplicationError `VOLUME_LOW_SPACE` with the figures
 */
export const requireRoom = async (
  { space }: Pick<EngineContext, 'space'>,
  directory: string,
  neededBytes: number,
  what: string,
): Promise<void> => {
  const room = await measured(space, directory);
  if (room === null || room.freeBytes >= neededBytes + slackBytes) return;
  const { freeBytes, mount } = room;
  const text = `${mount} has ${formatBytes(freeBytes)} free; about ${formatBytes(neededBytes)} are needed for ${what}, and ${formatBytes(slackBytes)} must stay free.`;
  throw new ReplicationError('VOLUME_LOW_SPACE', text, { file: directory });
};

/** The same at a vault; nobody can say it of a storage account. */
export const requireVaultRoom = async (
  engine: EngineContext,
  vaultName: string,
  neededBytes: number,
  what: string,
): Promise<void> => {
  const { kind, target } = engine.vault(vaultName);
  if (kind === 'directory') await requireRoom(engine, target, neededBytes, what);
};

/** What the files of a disk take on their volumes at most: holes take nothing. */
export const allocatedBytes = async ({ files }: Pick<HostDisk, 'files'>): Promise<number> => {
  const sizes = await Promise.all(files.map(allocatedBytesOf));
  return sizes.reduce((sum, bytes) => sum + bytes, 0);
};

export const allocatedBytesOf = async (path: string): Promise<number> => {
  const { size, blocks } = await stat(path);
  // Windows does not count blocks.
  return process.platform === 'win32' ? size : Math.min(size, blocks * 512);
};

const measured = async (space: EngineContext['space'], directory: string): Promise<VolumeSpace | null> => {
  const over = new AbortController();
  try {
    // A folder that is away is for the work itself to report.
    const asked = space(directory).catch(() => null);
    return await Promise.race([asked, systemClock.wait(patienceMs, over.signal).then(() => null)]);
  } finally {
    over.abort();
  }
};
