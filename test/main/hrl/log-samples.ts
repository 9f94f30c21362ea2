import { digestOf, zeroDigest } from '../../../src/main/block/digest.ts';
import {
  type BlockChange,
  blockCount,
  blockLength,
  fullPageMask,
  maskedLength,
  pageRanges,
  trackingBlockBytes,
} from '../../../src/main/block/tracking-block.ts';
import type { LogHeader } from '../../../src/main/hrl/log-header.ts';

export const diskId = '11111111-2222-4333-8444-555555555555';
export const lineage = '6f9619ff-8b86-4011-b42d-00c04fc964ff';

/** Three whole blocks and a last one of 5 KiB and a half: one page and a piece. */
export const smallDiskBytes = 3 * trackingBlockBytes + 5632;

export const sampleHeader = (over: Partial<LogHeader> = {}): LogHeader => ({
  purpose: 'log',
  diskId,
  diskSizeBytes: smallDiskBytes,
  sequence: 1,
  lineage,
  previousCut: 4,
  createdAtMs: Date.UTC(2026, 0, 2, 3, 4, 5),
  ...over,
});

/** A disk in memory that changes are made on: the model that logs are compared with. */
export class ModelDisk {
  readonly bytes: Buffer;

  constructor(sizeBytes = smallDiskBytes, bytes: Buffer = Buffer.alloc(sizeBytes)) {
    this.bytes = bytes;
  }

  clone(): ModelDisk {
    return new ModelDisk(this.bytes.length, Buffer.from(this.bytes));
  }

  block(block: number): Buffer {
    const start = block * trackingBlockBytes;
    return this.bytes.subarray(start, start + blockLength(this.bytes.length, block));
  }

  /** Writes `fill` into pages of a block and returns that as a change; mask 0 clears the block. */
  change(block: number, pageMask: number, fill: number): BlockChange {
    const content = this.block(block);
    const mask = pageMask & fullPageMask(content.length);
    if (mask === 0) {
      content.fill(0);
      return { block, pageMask: 0, data: new Uint8Array(0), digest: zeroDigest };
    }
    const data = Buffer.alloc(maskedLength(mask, content.length));
    let at = 0;
    for (const { offset, length } of pageRanges(mask, content.length)) {
      for (let index = 0; index < length; index += 1) content[offset + index] = (fill + index * 7) & 0xff;
      at += content.copy(data, at, offset, offset + length);
    }
    return { block, pageMask: mask, data, digest: digestOf(content) };
  }

  apply({ block, pageMask, data }: BlockChange): void {
    const content = this.block(block);
    if (pageMask === 0) content.fill(0);
    let at = 0;
    for (const { offset, length } of pageRanges(pageMask, content.length)) {
      content.set(data.subarray(at, at + length), offset);
      at += length;
    }
  }

  digests(): string[] {
    return Array.from({ length: blockCount(this.bytes.length) }, (_, block) =>
      hex(digestOf(this.block(block))),
    );
  }
}

export const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex');

/** A change whose memory is its own. */
export const keep = ({ block, pageMask, data, digest }: BlockChange): BlockChange => ({
  block,
  pageMask,
  data: Uint8Array.from(data),
  digest: Uint8Array.from(digest),
});
