import { ReplicationError } from '../../../contract/errors.ts';
import { BlockBitmap, bitmapPath } from '../../block/block-bitmap.ts';
import { digestBytes, isZero, zeroDigest } from '../../block/digest.ts';
import { DigestTable } from '../../block/digest-table.ts';
import { SentDigestsWriter, sentDigestsPath } from '../../block/sent-digests.ts';
import { blockCount, blockLength, fullPageMask, trackingBlockBytes } from '../../block/tracking-block.ts';
import { openVirtualDisk } from '../../disk/open-disk.ts';
import type { DeltaWriter, VmReplica } from '../../vault/replica-vault.ts';
import type { DirectResult, Tasks } from '../protocol.ts';
import { type AlignedRange, alignedRanges, queueHoles } from '../reading/aligned-ranges.ts';
import type { BlockReader, DigestedChunk } from '../reading/block-reader.ts';
import { type TaskContext, throwIfCancelled } from '../serve-tasks.ts';

/** Blocks of a hole whose digests are looked at in one go. */
const holeBlocks = 4096;

/**
 * Sends what changed on a disk without a log: the blocks whose digests differ from the table's go straight into a staged
 * delta. Only those of the bitmap are read where that holds, else the whole disk. The digest table is only read: what
 * was staged counts when the vault has committed it (`advanceSent`).
 */
export const sendDirect = async (
  params: Tasks['direct']['params'],
  replica: VmReplica,
  reader: BlockReader,
  context: TaskContext,
): Promise<DirectResult> => {
  const { source, tracking, previousCut, cut, bitmapHolds } = params;
  const owner = { diskId: source.diskId, lineage: tracking.lineage, diskSizeBytes: source.sizeBytes };
  const table = DigestTable.open(tracking.tablePath, owner);
  let bitmap: BlockBitmap | null = null;
  let pass: DirectPass | null = null;
  try {
    if (table.cut > previousCut) {
      const text = `Changes of ${source.name} up to cut ${table.cut} are in a log that was not sent.`;
      throw new ReplicationError('HRL_OUT_OF_SEQUENCE', text, { file: tracking.rootPath });
    }
    bitmap = bitmapHolds
      ? BlockBitmap.open(bitmapPath(tracking.tablePath), { ...owner, cut: table.cut })
      : null;
    const sent = new SentDigestsWriter(sentDigestsPath(tracking.tablePath), { ...owner, cut });
    pass = new DirectPass(params, table, sent, replica, context);
    await pass.run(reader, bitmap);
    return await pass.seal();
  } finally {
    await pass?.close();
    bitmap?.close();
    table.close();
  }
};

class DirectPass {
  private readonly counters = { changedBlocks: 0, changedBytes: 0, comparedBlocks: 0, sentBytes: 0 };
  private readonly params: Tasks['direct']['params'];
  private readonly table: DigestTable;
  private readonly sent: SentDigestsWriter;
  private readonly replica: VmReplica;
  private readonly context: TaskContext;
  private delta: DeltaWriter | null = null;

  constructor(
    params: Tasks['direct']['params'],
    table: DigestTable,
    sent: SentDigestsWriter,
    replica: VmReplica,
    context: TaskContext,
  ) {
    this.params = params;
    this.table = table;
    this.sent = sent;
    this.replica = replica;
    this.context = context;
  }

  async run(reader: BlockReader, bitmap: BlockBitmap | null): Promise<void> {
    const { path, name, sizeBytes } = this.params.source;
    const disk = openVirtualDisk(path);
    try {
      if (disk.sizeBytes !== sizeBytes) {
        throw new ReplicationError('DISK_CHANGED_GEOMETRY', `${name} was resized.`, { file: path });
      }
      const holes: AlignedRange[] = [];
      const ranges = bitmap?.extents() ?? queueHoles(alignedRanges(disk.extents(), sizeBytes), holes);
      const expected = (firstBlock: number, target: Buffer) =>
        this.table.read(firstBlock, target.length / digestBytes, target);
      for await (const chunk of reader.read({ path, ranges, expected, signal: this.context.signal })) {
        try {
          await this.sendHoles(holes, chunk.offset);
          await this.sendChunk(chunk);
        } finally {
          chunk.release();
        }
        this.report();
      }
      await this.sendHoles(holes, sizeBytes);
    } finally {
      disk.close();
    }
  }

  /** What was put is durable, at the vault and here, when this resolves. */
  async seal(): Promise<DirectResult> {
    if (this.delta !== null) {
      await this.delta.seal();
      this.sent.finish();
    }
    return this.counters;
  }

  async close(): Promise<void> {
    this.sent.abandon();
    await this.delta?.close();
  }

  private async sendChunk(chunk: DigestedChunk): Promise<void> {
    const firstBlock = chunk.offset / trackingBlockBytes;
    const blocks = blockCount(chunk.length);
    this.counters.comparedBlocks += blocks;
    for (let index = 0; index < blocks; index += 1) {
      if ((chunk.changed & (1 << index)) === 0) continue;
      const at = index * trackingBlockBytes;
      const data = chunk.data.subarray(at, Math.min(at + trackingBlockBytes, chunk.length));
      await this.send(
        firstBlock + index,
        data,
        chunk.digests.subarray(index * digestBytes, (index + 1) * digestBytes),
      );
    }
  }

  /** A hole reads as zeros: blocks that held something before are zero now. */
  private async sendHoles(holes: AlignedRange[], before: number): Promise<void> {
    const digests = Buffer.allocUnsafe(holeBlocks * digestBytes);
    for (let hole = holes[0]; hole !== undefined && hole.offset < before; hole = holes[0]) {
      holes.shift();
      const first = hole.offset / trackingBlockBytes;
      const end = first + blockCount(hole.length);
      for (let block = first; block < end; block += holeBlocks) {
        throwIfCancelled(this.context.signal);
        const count = Math.min(holeBlocks, end - block);
        const part = digests.subarray(0, count * digestBytes);
        this.table.read(block, count, part);
        this.counters.comparedBlocks += count;
        if (isZero(part)) continue;
        for (let index = 0; index < count; index += 1) {
          if (isZero(part.subarray(index * digestBytes, (index + 1) * digestBytes))) continue;
          await this.send(block + index, new Uint8Array(0), zeroDigest);
        }
      }
    }
  }

  private async send(block: number, data: Uint8Array, digest: Uint8Array): Promise<void> {
    const { source, tracking, previousCut, cut, takenAtMs } = this.params;
    // How consistent the cut is shows after the last byte; the commit says it.
    const consistency = 'fuzzy' as const;
    const spec = { lineage: tracking.lineage, previousCut, cut, takenAtMs, consistency };
    this.delta ??= await this.replica.beginDelta(source.diskId, spec);
    const zero = isZero(digest);
    const length = blockLength(source.sizeBytes, block);
    this.counters.changedBlocks += 1;
    this.counters.changedBytes += length;
    this.counters.sentBytes += await this.delta.put({
      block,
      pageMask: zero ? 0 : fullPageMask(length),
      data: zero ? new Uint8Array(0) : data,
      digest,
    });
    this.sent.add(block, digest);
  }

  private report(): void {
    const { diskId, sizeBytes } = this.params.source;
    this.context.progress({
      diskId,
      phase: 'delta',
      doneBytes: Math.min(sizeBytes, this.counters.comparedBlocks * trackingBlockBytes),
      skippedBytes: 0,
      totalBytes: sizeBytes,
      resumedAtBytes: null,
    });
  }
}
