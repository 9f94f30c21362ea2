import { isCount } from '../block/binary-fields.ts';
import { isZero } from '../block/digest.ts';
import {
  blockCount,
  blockLength,
  fullPageMask,
  maskedLength,
  trackingBlockBytes,
} from '../block/tracking-block.ts';
import { type LogHeader, logHeaderBytes } from './log-header.ts';
import {
  type BlockRecord,
  type CutRecord,
  type LogRecord,
  type RecordLink,
  recordBytes,
} from './log-record.ts';

/** Cut marks that one log may hold: a year of passes every 30 s; more would not fit the memory of whoever lists them. */
export const mostCutsPerLog = 1 << 20;

/** Payload bytes by page mask for blocks of full length, which nearly all are. */
const wholePageBytes = Array.from({ length: 256 }, (_, mask) => maskedLength(mask, trackingBlockBytes));

/**
 * A place between two records, and what the next record must say to belong there. The writer takes the links of new
 * records from it, the reader checks with it: one rule for both.
 */
export class RecordChain implements RecordLink {
  /** Where the next record starts in the file. */
  offset = logHeaderBytes;
  ordinal = 0;
  previousRecordBytes = 0;
  baseCut: number;
  cuts = 0;
  /** Block records since the last cut, and their payload bytes. */
  blocks = 0;
  payloadBytes = 0;
  readonly #diskSizeBytes: number;
  readonly #blockCount: number;

  constructor(header: Pick<LogHeader, 'previousCut' | 'diskSizeBytes'>) {
    this.baseCut = header.previousCut;
    this.#diskSizeBytes = header.diskSizeBytes;
    this.#blockCount = blockCount(header.diskSizeBytes);
  }

  clone(): RecordChain {
    const copy = new RecordChain({ previousCut: this.baseCut, diskSizeBytes: this.#diskSizeBytes });
    copy.offset = this.offset;
    copy.ordinal = this.ordinal;
    copy.previousRecordBytes = this.previousRecordBytes;
    copy.cuts = this.cuts;
    copy.blocks = this.blocks;
    copy.payloadBytes = this.payloadBytes;
    return copy;
  }

  /** Why `record` cannot be the next one, or null. */
  flawOf(record: LogRecord): string | null {
    if (record.ordinal !== this.ordinal)
      return `record ${record.ordinal} stands in the place of ${this.ordinal}`;
    if (record.baseCut !== this.baseCut)
      return `a record builds on cut ${record.baseCut} instead of ${this.baseCut}`;
    if (record.previousRecordBytes !== this.previousRecordBytes)
      return 'a record does not fit the one before it';
    return record.kind === 'block' ? this.blockFlawOf(record) : this.#cutFlawOf(record);
  }

  blockFlawOf({ block, pageMask, payloadBytes, digest }: Omit<BlockRecord, keyof RecordLink>): string | null {
    if (!isCount(block) || block >= this.#blockCount) return `block ${block} lies beyond the end of the disk`;
    if (payloadBytes !== this.payloadLength(block, pageMask)) {
      return `block ${block} has ${payloadBytes} bytes of data for the page mask ${pageMask}`;
    }
    if (pageMask === 0 && !isZero(digest)) return `block ${block} is zeros with the digest of something else`;
    return null;
  }

  #cutFlawOf({ mark }: CutRecord): string | null {
    if (!isCount(mark.cut) || mark.cut <= this.baseCut) return `cut ${mark.cut} follows cut ${this.baseCut}`;
    if (!isCount(mark.takenAtMs)) return `cut ${mark.cut} has an impossible time`;
    if (mark.blocks !== this.blocks || mark.payloadBytes !== this.payloadBytes) {
      return `cut ${mark.cut} counts ${mark.blocks} records where there are ${this.blocks}`;
    }
    if (this.cuts >= mostCutsPerLog) return `there are more than ${mostCutsPerLog} cut marks`;
    return null;
  }

  /** Bytes that the pages of `pageMask` have in `block`; -1 when the block does not have such pages. */
  payloadLength(block: number, pageMask: number): number {
    const length = blockLength(this.#diskSizeBytes, block);
    if ((pageMask & ~fullPageMask(length)) !== 0) return -1;
    return length === trackingBlockBytes ? wholePageBytes[pageMask]! : maskedLength(pageMask, length);
  }

  /** The mask of every page that `record` decides on: a zero block all that the block has. */
  coverOf({ block, pageMask }: BlockRecord): number {
    return pageMask === 0 ? fullPageMask(blockLength(this.#diskSizeBytes, block)) : pageMask;
  }

  advance(record: LogRecord): void {
    const bytes = recordBytes(record.kind === 'block' ? record.payloadBytes : 0);
    this.offset += bytes;
    this.ordinal += 1;
    this.previousRecordBytes = bytes;
    if (record.kind === 'block') {
      this.blocks += 1;
      this.payloadBytes += record.payloadBytes;
      return;
    }
    this.baseCut = record.mark.cut;
    this.cuts += 1;
    this.blocks = 0;
    this.payloadBytes = 0;
  }
}
