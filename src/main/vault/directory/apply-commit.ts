import { ReplicationError } from '../../../contract/errors.ts';
import { blockLength, pageRanges, trackingBlockBytes } from '../../block/tracking-block.ts';
import { LogReader } from '../../hrl/log-reader.ts';
import { payFor } from '../pacing/write-pacer.ts';
import { digestsFile, initialFile, stagedNote } from './disk-folder.ts';
import { withMarks } from './replica-mark.ts';
import { withoutUnneeded } from './retention.ts';
import { vaultError } from './vault-errors.ts';
import type { VmFolder } from './vm-folder.ts';
import type { CommitChange, CommitRecord, DiskRecord, VmRecord } from './vm-record.ts';

/**
 * Makes a commit that appeared true, from the start or from wherever a crash left it: every step writes absolute
 * content or finds itself done, and `commit.json` goes only after `vm.json` shows the result.
 */
export const applyCommit = async (folder: VmFolder, commit: CommitRecord): Promise<void> => {
  for (const change of commit.changes) await applyChange(folder, commit, change);
  const { vm, writerSinceMs } = folder.readRecord();
  folder.writeRecord(withMarks(folder, { ...commit.next, vm, writerSinceMs }, changedDisks(commit)));
  forgetCommit(folder, commit);
};

const changedDisks = ({ changes }: CommitRecord): ReadonlySet<string> =>
  new Set(changes.map(({ diskId }) => diskId));

/**
 * Settles a commit that cannot be applied because a replica or a staged delta is gone or damaged: what can be applied
 * is, the other disks have no replica any more, and no point is left. Their files are set aside as `.damaged`.
 */
export const giveUpCommit = async (folder: VmFolder, commit: CommitRecord): Promise<void> => {
  const lost: string[] = [];
  for (const change of commit.changes) {
    try {
      await applyChange(folder, commit, change);
    } catch (thrown) {
      const error = vaultError(thrown, folder.root);
      if (!isBeyondRepair(error)) throw error;
      lost.push(change.diskId);
    }
  }
  const { vm, writerSinceMs } = folder.readRecord();
  const disks = commit.next.disks.filter((disk) => !lost.includes(disk.diskId));
  const settled = withoutUnneeded({ ...commit.next, vm, writerSinceMs, disks, points: [] });
  folder.writeRecord(withMarks(folder, settled, changedDisks(commit)));
  for (const disk of commit.next.disks) {
    const path = folder.file(disk.file);
    if (!lost.includes(disk.diskId) || folder.ops.state(path) === null) continue;
    folder.ops.remove(`${path}.damaged`);
    folder.ops.rename(path, `${path}.damaged`);
  }
  forgetCommit(folder, commit);
};

/** Whether trying again cannot help: the content is lost, not merely out of reach. */
export const isBeyondRepair = (error: unknown): boolean =>
  error instanceof ReplicationError && (error.code === 'REPLICA_MISSING' || error.code === 'REPLICA_INVALID');

const forgetCommit = (folder: VmFolder, commit: CommitRecord): void => {
  folder.ops.remove(folder.commitPath);
  for (const change of commit.changes) {
    const disk = diskIn(commit.next, change);
    if (change.kind === 'initial') {
      folder.ops.remove(folder.file(`${disk.folder}/${initialFile}`));
    } else {
      folder.ops.remove(folder.file(`${disk.folder}/${stagedNote(disk.cut)}`));
      folder.ops.remove(folder.file(change.staged));
    }
  }
};

const applyChange = async (folder: VmFolder, commit: CommitRecord, change: CommitChange): Promise<void> => {
  const disk = diskIn(commit.next, change);
  if (change.kind === 'delta') return applyDelta(folder, disk, folder.file(change.staged), change.puts);
  const partial = folder.file(change.partial);
  const file = folder.file(change.file);
  const exists = (path: string) => folder.ops.state(path) !== null;
  if (exists(partial)) {
    const retired = change.retiredFile === null ? null : folder.file(change.retiredFile);
    if (retired !== null && exists(file) && !exists(retired)) folder.ops.rename(file, retired);
    folder.ops.rename(partial, file);
  } else if (!exists(file)) {
    throw new ReplicationError('REPLICA_MISSING', `The initial replica ${partial} is gone.`, {
      file: partial,
    });
  }
};

const applyDelta = async (
  folder: VmFolder,
  disk: DiskRecord,
  stagedPath: string,
  puts: number,
): Promise<void> => {
  const { diskId, sizeBytes, lineage, cut } = disk;
  const reader = LogReader.open(stagedPath, { diskId, purpose: 'staged-delta', minimumCut: puts });
  try {
    const table = folder.ops.openTable(folder.file(`${disk.folder}/${digestsFile}`), {
      diskId,
      diskSizeBytes: sizeBytes,
    });
    try {
      const replica = folder.ops.openReplica(folder.file(disk.file));
      try {
        // Neighbouring zero blocks are cleared in one go: only whole VHDX blocks give their space back.
        let zerosFrom = 0;
        let zerosTo = 0;
        const clear = () => {
          if (zerosTo > zerosFrom) replica.zero(zerosFrom, zerosTo - zerosFrom);
          zerosFrom = zerosTo = 0;
        };
        for (const { block, pageMask, data, digest } of reader.netChanges()) {
          const start = block * trackingBlockBytes;
          const length = blockLength(sizeBytes, block);
          if (pageMask === 0) {
            if (start !== zerosTo || zerosTo === 0) {
              clear();
              zerosFrom = start;
            }
            zerosTo = start + length;
          } else {
            clear();
            await payFor(folder.ops.pacer, data.length);
            let at = 0;
            for (const range of pageRanges(pageMask, length)) {
              replica.write(data.subarray(at, at + range.length), start + range.offset);
              at += range.length;
            }
          }
          table.write(block, digest);
        }
        clear();
        await replica.close();
      } catch (error) {
        replica.abandon();
        throw error;
      }
      table.setHeader({ lineage, cut, complete: true });
    } finally {
      table.close();
    }
  } finally {
    reader.close();
  }
};

const diskIn = (next: VmRecord, change: CommitChange): DiskRecord => {
  const disk = next.disks.find((entry) => entry.diskId === change.diskId);
  if (disk !== undefined) return disk;
  throw new ReplicationError(
    'VAULT_CORRUPT',
    `The commit names disk ${change.diskId}, but its record does not.`,
  );
};
