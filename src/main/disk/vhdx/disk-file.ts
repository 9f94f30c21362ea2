import {
  closeSync,
  fdatasync,
  fdatasyncSync,
  fstatSync,
  ftruncateSync,
  openSync,
  readSync,
  writeSync,
} from 'node:fs';
import type { ByteSource } from '../byte-source.ts';
import { type DirectHandle, openDirect } from '../direct-handle.ts';
import { diskErrorFrom } from '../disk-error.ts';
import { truncated } from './vhdx-error.ts';

/** The few operations a writer needs of its file; tests put a recorder in between to cut the power. */
export interface DiskFile extends ByteSource {
  /** @throws ReplicationError `DISK_WRITE_FAILED`, `VOLUME_LOW_SPACE` */
  write(data: Uint8Array, offset: number): void;
  /** Cuts the file off, or lengthens it by a hole that reads as zeros. */
  resize(sizeBytes: number): void;
  /** Blocks until everything written before is on the disk. */
  syncNow(): void;
  /** Everything written before the call is on the disk when this resolves. */
  sync(): Promise<void>;
}

/** `create` refuses a path that exists. */
export type OpenDiskFile = (path: string, mode: 'create' | 'existing') => DiskFile;

/** @throws ReplicationError `DISK_TARGET_EXISTS`, `DISK_NOT_FOUND`, `DISK_LOCKED`, `DISK_ACCESS_DENIED` */
export const openDiskFile: OpenDiskFile = (path, mode) => {
  try {
    return new HandleFile(path, openSync(path, mode === 'create' ? 'wx+' : 'r+'), null);
  } catch (error) {
    throw diskErrorFrom(error, path, 'open');
  }
};

/**
 * As `openDiskFile`, for a disk that is written from one end to the other and not read soon: where the file system can,
 * large writes go past the page cache, whose memory belongs to the machine's VMs.
 */
export const openStreamedFile: OpenDiskFile = (path, mode) => {
  try {
    const handle = openSync(path, mode === 'create' ? 'wx+' : 'r+');
    try {
      return new HandleFile(path, handle, openDirect(path));
    } catch (error) {
      closeSync(handle);
      throw error;
    }
  } catch (error) {
    throw diskErrorFrom(error, path, 'open');
  }
};

class HandleFile implements DiskFile {
  readonly path: string;
  private readonly handle: number;
  private readonly direct: DirectHandle | null;
  private length: number;
  private syncsInFlight = 0;
  private isClosed = false;

  /** @param direct writes what it takes; takes over its handle */
  constructor(path: string, handle: number, direct: DirectHandle | null) {
    this.path = path;
    this.handle = handle;
    this.direct = direct;
    this.length = fstatSync(handle).size;
  }

  get sizeBytes(): number {
    return this.length;
  }

  read(target: Uint8Array, offset: number): void {
    for (let done = 0; done < target.length; ) {
      const count = this.guard('read', () =>
        readSync(this.handle, target, done, target.length - done, offset + done),
      );
      if (count === 0) throw truncated(this.path, 'A read leaves the file', offset + done);
      done += count;
    }
  }

  write(data: Uint8Array, offset: number): void {
    const direct = this.direct;
    let done = direct === null ? 0 : this.guard('write', () => direct.write(data, offset));
    while (done < data.length) {
      done += this.guard('write', () =>
        writeSync(this.handle, data, done, data.length - done, offset + done),
      );
    }
    this.length = Math.max(this.length, offset + data.length);
  }

  resize(sizeBytes: number): void {
    this.guard('write', () => ftruncateSync(this.handle, sizeBytes));
    this.length = sizeBytes;
  }

  syncNow(): void {
    this.guard('write', () => fdatasyncSync(this.handle));
  }

  async sync(): Promise<void> {
    this.syncsInFlight += 1;
    try {
      await new Promise<void>((resolve, reject) => {
        fdatasync(this.handle, (error) => (error === null ? resolve() : reject(error)));
      });
    } catch (error) {
      throw diskErrorFrom(error, this.path, 'write');
    } finally {
      this.syncsInFlight -= 1;
      this.closeWhenIdle();
    }
  }

  close(): void {
    if (this.isClosed) return;
    this.isClosed = true;
    this.closeWhenIdle();
  }

  /** A handle closed under a running sync could be another file's by the time the sync reaches it. */
  private closeWhenIdle(): void {
    if (!this.isClosed || this.syncsInFlight > 0) return;
    this.direct?.close();
    closeSync(this.handle);
  }

  private guard<T>(action: 'read' | 'write', call: () => T): T {
    try {
      return call();
    } catch (error) {
      throw diskErrorFrom(error, this.path, action);
    }
  }
}
