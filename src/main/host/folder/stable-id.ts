import { createHash } from 'node:crypto';
import type { BigIntStats } from 'node:fs';

/** A UUID (version 8: made of a hash) that is always the same for the same words. */
export const derivedUuid = (...words: readonly string[]): string => {
  const hash = createHash('sha256').update(words.join('\0')).digest().subarray(0, 16);
  hash[6] = (hash[6]! & 0x0f) | 0x80;
  hash[8] = (hash[8]! & 0x3f) | 0x80;
  const hex = hash.toString('hex');
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20)}`;
};

/**
 * The VM's id, from its folder's file id and birth time. Both stay when the folder is renamed or moved within its
 * volume, and when the volume is mounted elsewhere: a device number changes with the order in which disks are found,
 * and is left out. The birth time tells the folder from a later one that was given the same file id. A copy of the
 * folder is a new VM, and so is one restored from a backup or moved to another volume. No marker file is written:
 * it would travel with copies, and a source that is only read can be protected too.
 */
export const vmIdOf = (folder: BigIntStats): string =>
  derivedUuid('vm folder', String(folder.ino), String(folder.birthtimeNs));

/** Id of a disk whose own id cannot be read. */
export const unreadableDiskId = (fileName: string): string =>
  derivedUuid('unreadable disk', fileName.toLowerCase());

/** Id of a disk whose own id another disk of the VM has already, because one file is a copy of the other. */
export const copiedDiskId = (diskId: string, fileName: string): string =>
  derivedUuid('copied disk', diskId, fileName.toLowerCase());
