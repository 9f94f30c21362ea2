import { closeSync, fsyncSync, openSync, rmSync } from 'node:fs';
import { crc32 } from 'node:zlib';
import { ReplicationError } from '../../contract/errors.ts';
import { renameDurably } from '../platform/durable.ts';
import { errnoOf, readFully, writeFully } from '../platform/positional-io.ts';
import { isCount, readU64, writeU64 } from './binary-fields.ts';
import { digestBytes } from './digest.ts';
import {
  decodeSideHeader,
  encodeSideHeader,
  requireOwner,
  type SideFileOwner,
  sideFileMagic,
  sideFileWriteError,
  sideHeaderBytes,
} from './side-file-header.ts';
import { blockCount } from './tracking-block.ts';

/**
 * The digests of blocks that were staged at the vault without a log. The digest table takes them over once the vault
 * has committed the cut; until then they wait here, so that a crash in between loses neither state.
 *
 *      0  80  header (side-file-header.ts); its CRC is that of all entries together
 *     80   8  block    ┐ an entry for each block, in the order sent
 *     88  16  digest   ┘
 */
const magic = sideFileMagic('SDG');
const entryBytes = 8 + digestBytes;
const batchEntries = 2048;

export const sentDigestsPath = (tablePath: string): string => `${tablePath}.sent`;

/** Writes the file; only `finish` makes it count. For one thread. */
export class SentDigestsWriter {
  readonly path: string;
  readonly #owner: SideFileOwner;
  readonly #handle: number;
  readonly #batch = Buffer.alloc(batchEntries * entryBytes);
  #filled = 0;
  #count = 0;
  #position = sideHeaderBytes;
  #crc = 0;
  #open = true;

  /** @throws ReplicationError `INPUT_INVALID`, `VOLUME_LOW_SPACE`, `TRACKING_WRITE_FAILED` */
  constructor(path: string, owner: SideFileOwner) {
    requireOwner(owner, path);
    this.path = path;
    this.#owner = owner;
    try {
      this.#handle = openSync(`${path}.tmp`, 'w');
    } catch (error) {
      throw sideFileWriteError(error, path);
    }
  }

  add(block: number, digest: Uint8Array): void {
    writeU64(this.#batch, block, this.#filled);
    this.#batch.set(digest, this.#filled + 8);
    this.#filled += entryBytes;
    this.#count += 1;
    if (this.#filled === this.#batch.length) this.#writing(() => this.#flush());
  }

  /** Puts the file in place of any earlier one, durably. */
  finish(): void {
    this.#writing(() => {
      this.#flush();
      const header = { ...this.#owner, count: this.#count, contentCrc: this.#crc };
      writeFully(this.#handle, encodeSideHeader(magic, header), 0);
      fsyncSync(this.#handle);
      this.#close();
      renameDurably(`${this.path}.tmp`, this.path);
    });
  }

  /** Drops what was written, unless it is finished. */
  abandon(): void {
    if (!this.#open) return;
    this.#close();
    rmSync(`${this.path}.tmp`, { force: true });
  }

  #flush(): void {
    const bytes = this.#batch.subarray(0, this.#filled);
    writeFully(this.#handle, bytes, this.#position);
    this.#crc = crc32(bytes, this.#crc);
    this.#position += bytes.length;
    this.#filled = 0;
  }

  #close(): void {
    this.#open = false;
    closeSync(this.#handle);
  }

  #writing(call: () => void): void {
    try {
      call();
    } catch (error) {
      this.abandon();
      throw sideFileWriteError(error, this.path);
    }
  }
}

/** Whether there is a file about exactly this; its entries are not looked at. */
export const holdsSentDigests = (path: string, owner: SideFileOwner): boolean => {
  let handle: number;
  try {
    handle = openSync(path, 'r');
  } catch (error) {
    if (errnoOf(error) === 'ENOENT') return false;
    throw damaged(path, error);
  }
  try {
    const bytes = Buffer.alloc(sideHeaderBytes);
    return decodeSideHeader(magic, bytes.subarray(0, readFully(handle, bytes, 0)), owner) !== null;
  } finally {
    closeSync(handle);
  }
};

/**
 * Calls `use` with each block and its digest, a view valid for the call, after everything was found intact.
 * @throws ReplicationError `TRACKING_DAMAGED` when the file is missing, damaged or about something else
 */
export const readSentDigests = (
  path: string,
  owner: SideFileOwner,
  use: (block: number, digest: Uint8Array) => void,
): void => {
  let handle: number;
  try {
    handle = openSync(path, 'r');
  } catch (error) {
    throw damaged(path, error);
  }
  try {
    const bytes = Buffer.alloc(sideHeaderBytes);
    const header = decodeSideHeader(magic, bytes.subarray(0, readFully(handle, bytes, 0)), owner);
    if (header === null) throw damaged(path);
    let crc = 0;
    for (const batch of batches(handle, path, header.count)) crc = crc32(batch, crc);
    if (crc !== header.contentCrc) throw damaged(path);
    const blocks = blockCount(owner.diskSizeBytes);
    for (const batch of batches(handle, path, header.count)) {
      for (let at = 0; at < batch.length; at += entryBytes) {
        const block = readU64(batch, at);
        if (!isCount(block) || block >= blocks) throw damaged(path);
        use(block, batch.subarray(at + 8, at + entryBytes));
      }
    }
  } finally {
    closeSync(handle);
  }
};

function* batches(handle: number, path: string, count: number): Generator<Buffer> {
  const bytes = Buffer.alloc(batchEntries * entryBytes);
  for (let done = 0; done < count; done += batchEntries) {
    const batch = bytes.subarray(0, Math.min(batchEntries, count - done) * entryBytes);
    if (readFully(handle, batch, sideHeaderBytes + done * entryBytes) < batch.length) throw damaged(path);
    yield batch;
  }
}

const damaged = (path: string, cause?: unknown): ReplicationError =>
  new ReplicationError('TRACKING_DAMAGED', `The digests of what was sent (${path}) are missing or damaged.`, {
    file: path,
    cause,
  });
