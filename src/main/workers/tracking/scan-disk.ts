import { ReplicationError } from '../../../contract/errors.ts';
import { digestBytes, isZero, zeroDigest } from '../../block/digest.ts';
import { DigestTable } from '../../block/digest-table.ts';
import { blockCount, blockLength, trackingBlockBytes } from '../../block/tracking-block.ts';
import { openVirtualDisk } from '../../disk/open-disk.ts';
import type { Extent } from '../../disk/virtual-disk.ts';
import { listLogs } from '../../hrl/rotation.ts';
import { formatBesides } from '../../platform/size-words.ts';
import type { ScanResult, Tasks } from '../protocol.ts';
import { type AlignedRange, alignedRanges } from '../reading/aligned-ranges.ts';
import type { BlockReader, DigestedChunk } from '../reading/block-reader.ts';
import { type TaskContext, throwIfCancelled } from '../serve-tasks.ts';
import { advanceTable } from './advance-table.ts';
import { ChangeSink } from './change-sink.ts';
import { narrowChange } from './narrow-change.ts';
import type { ScanBaseline } from './scan-baseline.ts';

/** A scan that has been read but not cut: what `cut` and `rollback` act on. */
export interface OpenScan {
  readonly sink: ChangeSink;
  readonly table: DigestTable;
}

/**
 * One pass of the *scan* source (design.md, How changes are found): each block's digest against the digest that the
 * logs and the replica amount to; what differs goes into the active log, or the bitmap where there is no room for it. Nothing is marked: the caller knows only
 * after the last byte was read how consistent the pass was.
 */
export const scanDisk = async (
  params: Tasks['scan']['params'],
  baseline: ScanBaseline,
  reader: BlockReader,
  context: TaskContext,
): Promise<{ result: ScanResult; open: OpenScan }> => {
  const { source, tracking } = params;
  const table = DigestTable.open(tracking.tablePath, {
    diskId: source.diskId,
    lineage: tracking.lineage,
    diskSizeBytes: source.sizeBytes,
  });
  let sink: ChangeSink | null = null;
  try {
    sink = new ChangeSink(params, table);
    const scan = new Scan(params, table, sink, baseline, context);
    for (const sealed of listLogs(tracking.rootPath).sealed) {
      advanceTable(table, sealed.path);
      sink.sealedBytes += sealed.bytes;
    }
    const { loggedCut, cutBackBytes } = sink;
    if (loggedCut !== null && loggedCut > table.cut) advanceTable(table, sink.logPath);
    const stopped = await scan.run(reader);
    sink.finish();
    const logBytes = sink.sealedBytes + sink.logBytes;
    const lowSpace = sink.isDegraded ? { freeBytes: sink.freeBytes ?? 0, overgrown: sink.overgrown } : null;
    return {
      result: { ...scan.counters(), stopped, lowSpace, logBytes, loggedCut, cutBackBytes },
      open: { sink, table },
    };
  } catch (error) {
    sink?.rollback();
    sink?.close();
    table.close();
    throw error;
  }
};

class Scan {
  private changedBytes = 0;
  private readBytes = 0;
  private holeBytes = 0;
  private readonly params: Tasks['scan']['params'];
  private readonly table: DigestTable;
  private readonly sink: ChangeSink;
  private readonly baseline: ScanBaseline;
  private readonly context: TaskContext;
  private readonly baselineBlock = Buffer.allocUnsafe(trackingBlockBytes);

  constructor(
    params: Tasks['scan']['params'],
    table: DigestTable,
    sink: ChangeSink,
    baseline: ScanBaseline,
    context: TaskContext,
  ) {
    this.params = params;
    this.table = table;
    this.sink = sink;
    this.baseline = baseline;
    this.context = context;
  }

  async run(reader: BlockReader): Promise<ScanResult['stopped']> {
    const { source } = this.params;
    const disk = openVirtualDisk(source.path);
    try {
      if (disk.sizeBytes !== source.sizeBytes) {
        throw new ReplicationError(
          'DISK_CHANGED_GEOMETRY',
          `${source.name} has ${formatBesides(disk.sizeBytes, source.sizeBytes)} now and had ${formatBesides(source.sizeBytes, disk.sizeBytes)} when it was protected.`,
          { file: source.path },
        );
      }
      const { endOffset } = this.params;
      const reads = this.readRanges(alignedRanges(extentsBefore(disk.extents(), endOffset), endOffset));
      const expected = (firstBlock: number, target: Buffer) =>
        this.table.read(firstBlock, target.length / digestBytes, target);
      for await (const chunk of reader.read({
        path: source.path,
        ranges: reads,
        expected,
        signal: this.context.signal,
      })) {
        try {
          await this.logChanges(chunk);
        } finally {
          chunk.release();
        }
        if (this.reachedThreshold()) return 'threshold';
        this.report();
      }
      // The last of it may have been a hole, which is settled without a chunk.
      return this.reachedThreshold() ? 'threshold' : null;
    } finally {
      disk.close();
    }
  }

  counters(): Pick<ScanResult, 'changedBlocks' | 'changedBytes' | 'readBytes'> {
    const { changedBytes, readBytes } = this;
    return { changedBlocks: this.sink.changedBlocks, changedBytes, readBytes };
  }

  /** Passes on what must be read; holes are settled on the way, from the digests alone. */
  private *readRanges(ranges: Iterable<AlignedRange>): Generator<AlignedRange> {
    for (const range of ranges) {
      if (range.hole) this.logNewZeros(range);
      else yield range;
    }
  }

  /** A hole reads as zeros: blocks that held something before are zero now. */
  private logNewZeros(range: AlignedRange): void {
    const first = range.offset / trackingBlockBytes;
    const end = first + blockCount(range.length);
    const digests = Buffer.allocUnsafe(4096 * digestBytes);
    for (let block = first; block < end; block += 4096) {
      throwIfCancelled(this.context.signal);
      if (this.reachedThreshold()) return;
      const count = Math.min(4096, end - block);
      const part = digests.subarray(0, count * digestBytes);
      this.table.read(block, count, part);
      if (isZero(part)) continue;
      for (let index = 0; index < count; index += 1) {
        if (!isZero(part.subarray(index * digestBytes, (index + 1) * digestBytes)))
          this.logZero(block + index);
      }
    }
    this.holeBytes += range.length;
  }

  private logZero(block: number): void {
    this.sink.add({ block, pageMask: 0, data: new Uint8Array(0), digest: zeroDigest });
    this.changedBytes += blockLength(this.params.source.sizeBytes, block);
  }

  private async logChanges(chunk: DigestedChunk): Promise<void> {
    this.readBytes += chunk.length;
    if (chunk.changed === 0) return;
    const firstBlock = chunk.offset / trackingBlockBytes;
    const blocks = Math.ceil(chunk.length / trackingBlockBytes);
    for (let index = 0; index < blocks; index += 1) {
      if ((chunk.changed & (1 << index)) === 0) continue;
      const block = firstBlock + index;
      const at = index * trackingBlockBytes;
      const data = chunk.data.subarray(at, Math.min(at + trackingBlockBytes, chunk.length));
      const digest = chunk.digests.subarray(index * digestBytes, (index + 1) * digestBytes);
      if (isZero(digest)) {
        this.logZero(block);
        continue;
      }
      const previous = await this.previousContent(block, data.length);
      const change = narrowChange(block, data, digest, previous);
      this.sink.add(change);
      this.changedBytes += change.data.length;
    }
  }

  private async previousContent(block: number, length: number): Promise<Buffer | null> {
    // Of a block that is in a log already the replica says nothing.
    if (this.sink.isDegraded || this.sink.loggedCut !== null || this.sink.sealedBytes > 0) return null;
    const content = this.baselineBlock.subarray(0, length);
    return (await this.baseline.read(content, block * trackingBlockBytes)) ? content : null;
  }

  private reachedThreshold(): boolean {
    const { atThreshold, thresholdBytes } = this.params;
    if (atThreshold === 'bitmap' || this.sink.isDegraded) return false;
    return this.sink.sealedBytes + this.sink.logBytes >= thresholdBytes;
  }

  private report(): void {
    const { source, endOffset } = this.params;
    this.context.progress({
      diskId: source.diskId,
      phase: 'scan',
      doneBytes: this.readBytes + this.holeBytes,
      skippedBytes: this.holeBytes,
      totalBytes: endOffset,
      resumedAtBytes: null,
    });
  }
}

function* extentsBefore(extents: Iterable<Extent>, endOffset: number): Generator<Extent> {
  for (const extent of extents) {
    if (extent.offset >= endOffset) return;
    yield extent;
  }
}
