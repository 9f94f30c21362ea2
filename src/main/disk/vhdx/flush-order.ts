import type { BlockSpace } from './block-space.ts';
import type { DiskFile } from './disk-file.ts';
import type { TableChanges, TablePages } from './table-pages.ts';
import { vhdxError } from './vhdx-error.ts';

const tableKinds = ['bitmaps', 'bat'] as const;

/**
 * Brings changes to the disk in the order that keeps the file whole: data, bitmaps, BAT, each durable before the next is
 * written; then the places that the BAT no longer names may be used again.
 */
export class FlushOrder {
  private readonly file: DiskFile;
  private readonly tables: TablePages;
  private readonly space: BlockSpace;
  private isDirty = false;
  /** Once a sync failed nobody knows what the disk holds: nothing more may be written on top. */
  private failure: Error | null = null;
  private lastFlush: Promise<void> = Promise.resolve();

  constructor(file: DiskFile, tables: TablePages, space: BlockSpace) {
    this.file = file;
    this.tables = tables;
    this.space = space;
  }

  markDirty(): void {
    this.isDirty = true;
  }

  /** @throws ReplicationError `DISK_WRITE_FAILED` once a step that the order rests upon has failed */
  checkUsable(): void {
    if (this.failure === null) return;
    const what = 'The disk cannot be used since it could not be made durable';
    throw vhdxError('DISK_WRITE_FAILED', this.file.path, what, undefined, this.failure);
  }

  /** Does a step that the order rests upon: when it fails, the disk is not used any more. */
  guard<T>(step: () => T): T {
    try {
      return step();
    } catch (error) {
      throw this.fail(error);
    }
  }

  /** One flush after the other; what is written while one is under way belongs to the next. */
  flush(): Promise<void> {
    const flushed = this.lastFlush.then(() => this.flushOnce());
    // The one who asked gets the error; the next flush must run all the same, and finds `failure`.
    this.lastFlush = flushed.catch(() => undefined);
    return flushed;
  }

  /** A flush that cannot wait, because the changed tables fill their memory; takes over one that is under way. */
  flushNow(): void {
    const changes = this.tables.beginWithInFlight();
    this.guard(() => {
      this.file.syncNow();
      for (const kind of tableKinds) {
        if (changes[kind].size === 0) continue;
        this.tables.write(changes, kind);
        this.file.syncNow();
      }
    });
    this.end(changes);
  }

  private async flushOnce(): Promise<void> {
    this.checkUsable();
    if (!this.isDirty) return;
    this.isDirty = false;
    const changes = this.tables.begin();
    try {
      await this.file.sync();
      for (const kind of tableKinds) {
        if (changes.isDone || changes[kind].size === 0) continue;
        this.tables.write(changes, kind);
        await this.file.sync();
      }
    } catch (error) {
      throw this.fail(error);
    }
    if (!changes.isDone) this.end(changes);
  }

  private end(changes: TableChanges): void {
    this.tables.end(changes);
    this.space.release(changes.freed);
  }

  private fail(error: unknown): Error {
    this.failure ??= error instanceof Error ? error : new Error(String(error));
    return this.failure;
  }
}
