import { ReplicationError } from '../../../contract/errors.ts';
import type { LogExpectation } from '../../hrl/log-header.ts';
import type { LogWriter } from '../../hrl/log-writer.ts';
import type { DeltaSpec } from '../replica-vault.ts';
import { isBeyondRepair } from './apply-commit.ts';
import { DeltaStaging } from './delta-staging.ts';
import { digestsFile, readStaged, stagedLog, stagedNote, writeNote } from './disk-folder.ts';
import { ensureDigests } from './rebuild-digests.ts';
import { blockHeaders } from './record-index.ts';
import { requireUntouched } from './replica-mark.ts';
import { openReplicaFile, RecordedDigests } from './replica-source.ts';
import { vaultError } from './vault-errors.ts';
import type { VmFolder } from './vm-folder.ts';
import { type DiskRecord, recordFormat, type StagedRecord, type VmRecord } from './vm-record.ts';

/** Opens a staged delta that goes on with what an interruption left, or a new one. */
export const beginDelta = (
  folder: VmFolder,
  record: VmRecord,
  diskId: string,
  spec: DeltaSpec,
): DeltaStaging => {
  const disk = record.disks.find((entry) => entry.diskId === diskId);
  const path = disk === undefined ? folder.path : folder.file(disk.file);
  if (disk === undefined || folder.ops.state(path) === null) {
    throw new ReplicationError(
      'REPLICA_MISSING',
      `The vault holds no complete replica of disk ${diskId} (${path}).`,
      {
        vm: record.vm.name,
        file: path,
      },
    );
  }
  requireSequence(disk, spec, path);
  // A resynchronization reads what the replica holds, whoever wrote it.
  if (spec.rebaseTo === undefined) requireUntouched(folder, disk);
  else ensureDigests(folder, disk);

  const wanted: StagedRecord = {
    format: recordFormat,
    diskId,
    lineage: spec.rebaseTo ?? spec.lineage,
    previousCut: spec.previousCut,
    cut: spec.cut,
    baseSequence: disk.sequence,
    rebaseTo: spec.rebaseTo ?? null,
    sealedPuts: null,
  };
  const replica = openReplicaFile(path, disk);
  let digests: RecordedDigests | null = null;
  let log: LogWriter | null = null;
  try {
    digests = new RecordedDigests(folder.file(`${disk.folder}/${digestsFile}`), disk);
    const resumed = resumeStaged(folder, disk, wanted);
    log = resumed?.log ?? createStaged(folder, disk, wanted, spec);
    const save = (note: StagedRecord) => writeNote(folder, `${disk.folder}/${stagedNote(wanted.cut)}`, note);
    const files = {
      root: folder.root,
      sizeBytes: disk.sizeBytes,
      log,
      replica,
      digests,
      save,
      pacer: folder.ops.pacer,
    };
    return new DeltaStaging(files, spec, resumed?.note ?? wanted, resumed?.blocks ?? null);
  } catch (error) {
    replica.close();
    digests?.close();
    log?.close();
    throw error;
  }
};

const requireSequence = (disk: DiskRecord, spec: DeltaSpec, path: string): void => {
  if (spec.rebaseTo !== undefined) return;
  if (spec.lineage === disk.lineage && spec.previousCut === disk.cut && spec.cut > disk.cut) return;
  const found = spec.lineage === disk.lineage ? '' : ' of another lineage';
  throw new ReplicationError(
    'HRL_OUT_OF_SEQUENCE',
    `The replica ${path} is at cut ${disk.cut}${found}; the change to cut ${spec.cut} follows cut ${spec.previousCut}.`,
    { file: path },
  );
};

interface ResumedDelta {
  readonly log: LogWriter;
  readonly note: StagedRecord;
  readonly blocks: Iterable<number>;
}

const resumeStaged = (folder: VmFolder, disk: DiskRecord, wanted: StagedRecord): ResumedDelta | null => {
  const note = readStaged(folder, disk.folder, wanted.cut);
  if (note === null) return null;
  const same = (['diskId', 'lineage', 'previousCut', 'baseSequence', 'rebaseTo'] as const).every(
    (key) => note[key] === wanted[key],
  );
  if (!same) return null;
  const path = folder.file(`${disk.folder}/${stagedLog(wanted.cut)}`);
  const expected = {
    diskId: disk.diskId,
    lineage: wanted.lineage,
    purpose: 'staged-delta',
    minimumCut: note.sealedPuts ?? 0,
  } as const;
  try {
    const log = folder.ops.resumeLog(path, expected);
    return { log, note, blocks: stagedBlocks(path, expected) };
  } catch (error) {
    // Half a delta that a crash damaged is not worth an error: it is sent again.
    if (isBeyondRepair(vaultError(error, folder.root))) return null;
    throw error;
  }
};

function* stagedBlocks(path: string, expected: LogExpectation): Generator<number> {
  for (const { block } of blockHeaders({ path, expected, newestFirst: true })) yield block;
}

const createStaged = (
  folder: VmFolder,
  disk: DiskRecord,
  wanted: StagedRecord,
  spec: DeltaSpec,
): LogWriter => {
  const { ops } = folder;
  for (const name of ops.list(folder.file(disk.folder))) {
    if (name.startsWith('staged-')) ops.remove(folder.file(`${disk.folder}/${name}`));
  }
  // The note first: it is what keeps the log from being swept away.
  writeNote(folder, `${disk.folder}/${stagedNote(wanted.cut)}`, wanted);
  return ops.createLog(folder.file(`${disk.folder}/${stagedLog(wanted.cut)}`), {
    purpose: 'staged-delta',
    diskId: disk.diskId,
    diskSizeBytes: disk.sizeBytes,
    sequence: disk.sequence + 1,
    lineage: wanted.lineage,
    previousCut: 0,
    createdAtMs: spec.takenAtMs,
  });
};
