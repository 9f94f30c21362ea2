import type { DiskFile } from './disk-file.ts';
import { FilePages, type PageView } from './file-pages.ts';
import { kib } from './vhdx-format.ts';

/** Table pages kept in memory: 8 MiB unchanged ones, and at most 16 MiB changed ones before a flush is forced. */
const pageBytes = 4 * kib;
const maxCleanPages = 2048;
const defaultMaxChangedPages = 4096;

/** What one flush makes durable: the changes between two flushes. */
export interface TableChanges {
  /** Changed pages by the offset where they start; they must be durable before `bat`. */
  readonly bitmaps: Map<number, Buffer>;
  readonly bat: Map<number, Buffer>;
  /** File offsets of blocks that `bat` no longer names. */
  readonly freed: number[];
  /** Set when a forced flush in between took over this one's work. */
  isDone: boolean;
}

const noChanges = (): TableChanges => ({ bitmaps: new Map(), bat: new Map(), freed: [], isDone: false });

/**
 * BAT and sector bitmaps as they shall be, in three layers: changes since the last flush began, over the changes of a
 * flush that is under way, over the file. A page of a flush under way is never changed; later changes get a copy of
 * their own, so that a table never reaches the file with an entry whose data are not yet durable.
 */
export class TablePages implements PageView {
  readonly pageBytes = pageBytes;
  private readonly file: DiskFile;
  private readonly clean: FilePages;
  private readonly maxChangedPages: number;
  private pending = noChanges();
  private inFlight: TableChanges | null = null;

  constructor(file: DiskFile, maxChangedPages = defaultMaxChangedPages) {
    this.file = file;
    this.maxChangedPages = maxChangedPages;
    this.clean = new FilePages(file, pageBytes, maxCleanPages);
  }

  page(offset: number): Buffer {
    const start = offset - (offset % pageBytes);
    return (
      this.pending.bat.get(start) ??
      this.pending.bitmaps.get(start) ??
      this.inFlight?.bat.get(start) ??
      this.inFlight?.bitmaps.get(start) ??
      this.clean.page(start)
    );
  }

  /** The page that holds the file's byte `offset`, to be changed. */
  edit(kind: 'bat' | 'bitmaps', offset: number): Buffer {
    const start = offset - (offset % pageBytes);
    const changed = this.pending[kind].get(start);
    if (changed !== undefined) return changed;
    const copy = Buffer.from(this.page(start));
    this.pending[kind].set(start, copy);
    return copy;
  }

  /** Notes a block that the changes made so far no longer name. */
  free(fileOffset: number): void {
    this.pending.freed.push(fileOffset);
  }

  get isFull(): boolean {
    return this.pending.bat.size + this.pending.bitmaps.size >= this.maxChangedPages;
  }

  /** Writes a few bytes of a table to the file at once, past the other changes of their page. */
  writeThrough(bytes: Uint8Array, offset: number): void {
    const start = offset - (offset % pageBytes);
    const clean = Buffer.from(this.clean.page(start));
    const changed = [this.pending, this.inFlight].flatMap((changes) => changes?.bat.get(start) ?? []);
    for (const page of [clean, ...changed]) page.set(bytes, offset - start);
    this.file.write(bytes, offset);
    this.clean.put(start, clean);
  }

  /** Hands over what has changed; what changes from now on belongs to the next flush. */
  begin(): TableChanges {
    this.inFlight = this.pending;
    this.pending = noChanges();
    return this.inFlight;
  }

  /** As `begin`, together with a flush that is under way, which has nothing left to do then. */
  beginWithInFlight(): TableChanges {
    const earlier = this.inFlight;
    const changes = this.begin();
    if (earlier === null) return changes;
    earlier.isDone = true;
    for (const kind of ['bitmaps', 'bat'] as const) {
      for (const [start, page] of earlier[kind]) {
        if (!changes[kind].has(start)) changes[kind].set(start, page);
      }
    }
    changes.freed.push(...earlier.freed);
    return changes;
  }

  write(changes: TableChanges, kind: 'bat' | 'bitmaps'): void {
    for (const [start, page] of changes[kind]) this.file.write(page, start);
  }

  /** Called when `changes` are durable. */
  end(changes: TableChanges): void {
    for (const kind of ['bitmaps', 'bat'] as const)
      for (const [start, page] of changes[kind]) this.clean.put(start, page);
    this.inFlight = null;
  }
}
