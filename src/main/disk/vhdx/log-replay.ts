import type { ByteSource } from '../byte-source.ts';
import { zeroGuid } from './guid.ts';
import { decodeLogEntry, type LogEntry, LogRing, logSectorBytes, plausibleEntryLength } from './log-entry.ts';
import { corrupt, truncated, unsupported } from './vhdx-error.ts';
import { maxFileBytes, mib } from './vhdx-format.ts';
import type { VhdxHeader } from './vhdx-header.ts';

/** What a dirty log asks for, in the order in which it must be applied. */
export interface PendingLog {
  readonly entries: readonly LogEntry[];
  /** The file must be at least this long afterwards. */
  readonly fileBytes: number;
}

/** Windows and QEMU write logs of 1 MiB; nothing needs more than a few. */
const maxLogBytes = 64 * mib;
/** Entries that overlap each other on purpose could make us sum up the ring at every sector. */
const maxPassesOverLog = 32;

/**
 * The log's active sequence, or null when nothing has to be replayed ([MS-VHDX] 2.3.3): of all runs of valid entries that
 * follow one another and contain the tail which their last entry names, the one with the highest sequence number,
 * from that tail on. A log that was announced but whose first entry never arrived is empty. QEMU keeps one entry at a time, at
 * the ring's start, and may name any tail in it.
 *
 * @throws ReplicationError `DISK_TRUNCATED` when the file is shorter than it was when the log was written, `DISK_CORRUPT`,
 *   `DISK_UNSUPPORTED`
 */
export const findPendingLog = (source: ByteSource, header: VhdxHeader): PendingLog | null => {
  if (header.logGuid === zeroGuid || header.logBytes === 0) return null;
  const { path } = source;
  if (header.logBytes > maxLogBytes)
    throw unsupported(path, `The log has ${header.logBytes} bytes, more than is supported`);
  if (header.logOffset + BigInt(header.logBytes) > BigInt(source.sizeBytes))
    throw truncated(path, 'The file ends before or within its log');
  const bytes = Buffer.alloc(header.logBytes);
  source.read(bytes, Number(header.logOffset));

  const entries = activeSequence(path, new LogRing(bytes), header.logGuid);
  if (entries === null) return null;
  let fileBytes = source.sizeBytes;
  for (const entry of entries) {
    if (entry.flushedFileOffset > BigInt(source.sizeBytes))
      throw truncated(path, `The file was ${entry.flushedFileOffset} bytes long when its log was written`);
    if (entry.lastFileOffset > BigInt(maxFileBytes))
      throw corrupt(path, `The log wants the file to have ${entry.lastFileOffset} bytes`);
    fileBytes = Math.max(fileBytes, Number(entry.lastFileOffset));
  }
  return { entries, fileBytes };
};

const activeSequence = (path: string, ring: LogRing, logGuid: string): readonly LogEntry[] | null => {
  let active: readonly LogEntry[] | null = null;
  const withoutTail: LogEntry[] = [];
  let budget = ring.bytes.length * maxPassesOverLog;
  const entryAt = (at: number): LogEntry | null => {
    const length = plausibleEntryLength(ring, at, logGuid);
    if (length === 0) return null;
    budget -= length;
    if (budget < 0) throw corrupt(path, 'The log consists of entries that overlap each other');
    return decodeLogEntry(ring, at, length);
  };

  for (let start = 0; start < ring.bytes.length; ) {
    const run = runFrom(ring, start, entryAt);
    const head = run.at(-1);
    if (head === undefined) {
      start += logSectorBytes;
      continue;
    }
    const tail = run.findIndex((entry) => entry.at === head.tail);
    const newest = active?.at(-1)?.sequence ?? 0n;
    if (tail === -1) withoutTail.push(...run);
    else if (head.sequence > newest) active = run.slice(tail);
    // Runs that start later in this one end in the same head: they can only lack its tail too.
    start += run.reduce((length, entry) => length + entry.length, 0);
  }
  if (active !== null || withoutTail.length === 0) return active;
  const [only, second] = withoutTail;
  if (only?.at === 0 && second === undefined) return [only];
  throw corrupt(path, 'The log has entries to be applied, but those they build upon are damaged');
};

const runFrom = (
  ring: LogRing,
  start: number,
  entryAt: (at: number) => LogEntry | null,
): readonly LogEntry[] => {
  const run: LogEntry[] = [];
  let at = start;
  let length = 0;
  for (;;) {
    const entry = entryAt(at);
    const previous = run.at(-1);
    if (entry === null || (previous !== undefined && entry.sequence !== previous.sequence + 1n)) return run;
    length += entry.length;
    if (length > ring.bytes.length) return run;
    run.push(entry);
    at = ring.wrap(at + entry.length);
    if (length === ring.bytes.length) return run;
  }
};
