import type { ByteSource } from '../byte-source.ts';
import { type LogChange, logSectorBytes } from './log-entry.ts';
import type { PendingLog } from './log-replay.ts';
import { truncated, unsupported } from './vhdx-error.ts';

interface Zeros {
  readonly start: number;
  readonly end: number;
}

/** Each run of zeros costs a look at every read and every sector; honest logs have a handful. */
const maxZeroRuns = 4096;

/** A file as it will be once its log is applied; the file itself is not touched. */
export class OverlaySource implements ByteSource {
  readonly path: string;
  readonly sizeBytes: number;
  private readonly base: ByteSource;
  private readonly sectors = new Map<number, Buffer>();
  /** What lies in both `zeros` and `sectors` was written after it was zeroed. */
  private readonly zeros: Zeros[] = [];
  private start = Number.POSITIVE_INFINITY;
  private end = 0;

  /** Takes over `base`: `close` closes it. */
  constructor(base: ByteSource, log: PendingLog) {
    this.base = base;
    this.path = base.path;
    this.sizeBytes = log.fileBytes;
    for (const entry of log.entries) for (const change of entry.changes) this.apply(change);
  }

  read(target: Uint8Array, offset: number): void {
    const end = offset + target.length;
    if (end > this.sizeBytes) throw truncated(this.path, 'A read leaves the file', offset);
    const stored = Math.max(0, Math.min(target.length, this.base.sizeBytes - offset));
    if (stored > 0) this.base.read(target.subarray(0, stored), offset);
    target.fill(0, stored);
    if (offset >= this.end || end <= this.start) return;
    for (const zeros of this.zeros) {
      if (zeros.start < end && zeros.end > offset)
        target.fill(0, Math.max(0, zeros.start - offset), Math.min(target.length, zeros.end - offset));
    }
    for (let at = offset - (offset % logSectorBytes); at < end; at += logSectorBytes) {
      const sector = this.sectors.get(at);
      if (sector === undefined) continue;
      const from = Math.max(0, offset - at);
      target.set(sector.subarray(from, Math.min(logSectorBytes, end - at)), at + from - offset);
    }
  }

  close(): void {
    this.base.close();
  }

  private apply(change: LogChange): void {
    if (change.fileOffset >= BigInt(this.sizeBytes) || change.length === 0n) return;
    const start = Number(change.fileOffset);
    const end = Math.min(this.sizeBytes, start + Number(change.length));
    this.start = Math.min(this.start, start);
    this.end = Math.max(this.end, end);
    if (change.data !== null) this.sectors.set(start, change.data);
    else {
      if (this.zeros.length === maxZeroRuns)
        throw unsupported(this.path, 'The log clears more ranges than is supported');
      this.zeros.push({ start, end });
      for (const at of this.sectors.keys()) if (at >= start && at < end) this.sectors.delete(at);
    }
  }
}
