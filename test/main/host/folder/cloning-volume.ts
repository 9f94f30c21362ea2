import { execFileSync, spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

export interface CloningVolume {
  readonly path: string;
  remove(): void;
}

/** A loop-mounted XFS, which clones files; null, said out loud, where this machine cannot make one. */
export const mountCloningVolume = (): CloningVolume | null => {
  const directory = mkdtempSync(join(tmpdir(), 'xfs-'));
  const image = join(directory, 'image');
  const path = join(directory, 'mounted');
  mkdirSync(path);
  try {
    execFileSync('truncate', ['-s', '320M', image], { stdio: 'pipe' });
    execFileSync('mkfs.xfs', ['-q', '-m', 'reflink=1', image], { stdio: 'pipe' });
    execFileSync('mount', ['-o', 'loop', image, path], { stdio: 'pipe' });
  } catch (error) {
    rmSync(directory, { recursive: true, force: true });
    const reason = error instanceof Error ? error.message.trim() : String(error);
    console.warn(`skipping clones: an XFS volume cannot be mounted here (root, mkfs.xfs, loop): ${reason}`);
    return null;
  }
  return {
    path,
    remove: () => {
      // Lazily: a test that failed may have left a writer, and the mount must not outlive it.
      const unmounted = spawnSync('umount', ['--lazy', path]);
      if (unmounted.status !== 0) throw new Error(`umount ${path}: ${unmounted.stderr}`);
      rmSync(directory, { recursive: true });
    },
  };
};
