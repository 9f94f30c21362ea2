import { closeSync, openSync } from 'node:fs';
import { ReplicationError } from '../../../contract/errors.ts';
import { digestBytes } from '../../block/digest.ts';
import { decodeTableHeader, tableHeaderBytes } from '../../block/digest-table-header.ts';
import { openVirtualDisk } from '../../disk/open-disk.ts';
import type { VirtualDisk } from '../../disk/virtual-disk.ts';
import { readFully } from '../../platform/positional-io.ts';
import { formatBesides } from '../../platform/size-words.ts';
import type { DiskRecord } from './vm-record.ts';

/**
 * Opens a replica's file for reading.
 * @throws REPLICA_INVALID (through `vaultError`) when it is not the disk that the record describes
 */
export const openReplicaFile = (path: string, record: DiskRecord): VirtualDisk => {
  const disk = openVirtualDisk(path);
  if (disk.sizeBytes === record.sizeBytes && disk.kind !== 'differencing') return disk;
  disk.close();
  throw new ReplicationError(
    'REPLICA_INVALID',
    `${path} is a ${disk.kind} disk of ${formatBesides(disk.sizeBytes, record.sizeBytes)} where the replica has ${formatBesides(record.sizeBytes, disk.sizeBytes)}.`,
    { file: path },
  );
};

/** The digests of a replica, opened so that a vault on a read-only medium can be read too. */
export class RecordedDigests {
  readonly path: string;
  readonly #handle: number;

  /** @throws REPLICA_INVALID when the table is damaged or another disk's */
  constructor(path: string, { diskId, sizeBytes }: Pick<DiskRecord, 'diskId' | 'sizeBytes'>) {
    this.path = path;
    this.#handle = openSync(path, 'r');
    const header = Buffer.alloc(tableHeaderBytes);
    const found = readFully(this.#handle, header, 0);
    const state = found < header.length ? undefined : decodeTableHeader(header)?.state;
    if (state?.diskId === diskId && state.diskSizeBytes === sizeBytes && state.complete) return;
    this.close();
    throw new ReplicationError('REPLICA_INVALID', `${path} does not hold the digests of this replica.`, {
      file: path,
    });
  }

  /** Fills `target` with the digests from `firstBlock` on. */
  read(target: Uint8Array, firstBlock: number): void {
    const offset = tableHeaderBytes + firstBlock * digestBytes;
    if (readFully(this.#handle, target, offset) === target.length) return;
    throw new ReplicationError(
      'REPLICA_INVALID',
      `${this.path} is too short for the digests of this replica.`,
      {
        file: this.path,
        offset,
      },
    );
  }

  close(): void {
    closeSync(this.#handle);
  }
}
