import { safeFileName } from './file-names.ts';
import { hiddenFolder, type VmFolder } from './vm-folder.ts';
import type { InitialRecord, StagedRecord, VmRecord } from './vm-record.ts';
import { parseInitialRecord, parseStagedRecord } from './vm-record.ts';

export const digestsFile = 'digests';
export const initialFile = 'initial.json';

/** Where digests, staged deltas and before-images of a disk's n-th replica are, below the VM's folder. */
export const diskFolderOf = (diskId: string, generation: number): string =>
  `${hiddenFolder}/${safeFileName(diskId)}${generation === 1 ? '' : `.${generation}`}`;

/** The generation that a disk's next initial replica gets. */
export const nextGeneration = (record: VmRecord, diskId: string): number =>
  1 +
  [...record.disks, ...record.retired]
    .filter((disk) => disk.diskId === diskId)
    .reduce((newest, disk) => Math.max(newest, disk.generation), 0);

export const partialFileOf = (file: string): string => `${file}.partial`;
export const stagedLog = (cut: number): string => `staged-${cut}.hrl`;
export const stagedNote = (cut: number): string => `staged-${cut}.json`;

/** The initial replica of a disk that is under way, or null. */
export const readInitial = (folder: VmFolder, record: VmRecord, diskId: string): InitialRecord | null => {
  const path = folder.file(`${diskFolderOf(diskId, nextGeneration(record, diskId))}/${initialFile}`);
  const text = folder.ops.readText(path);
  return text === null ? null : parseInitialRecord(path, text);
};

export const readStaged = (folder: VmFolder, diskFolder: string, cut: number): StagedRecord | null => {
  const path = folder.file(`${diskFolder}/${stagedNote(cut)}`);
  const text = folder.ops.readText(path);
  return text === null ? null : parseStagedRecord(path, text);
};

export const writeNote = (folder: VmFolder, relative: string, note: InitialRecord | StagedRecord): void =>
  folder.ops.writeAtomically(folder.file(relative), `${JSON.stringify(note, null, 2)}\n`);
