import { digestBytes, writeDigest } from '../../block/digest.ts';
import { blockCount, trackingBlockBytes } from '../../block/tracking-block.ts';
import type { ReplicaContent } from '../../vault/replica-vault.ts';
import { chunkBytes } from '../reading/lane-protocol.ts';

/** Block checksums computed from what the replica really holds, a chunk at a time. */
export class ReplicaDigests {
  private readonly content: ReplicaContent;
  private readonly data = Buffer.allocUnsafe(chunkBytes);
  private readonly computed = Buffer.allocUnsafe(blockCount(chunkBytes) * digestBytes);

  constructor(content: ReplicaContent) {
    this.content = content;
  }

  /** Digests of [offset, offset + length), at most one chunk; valid until the next call. */
  async digests(offset: number, length: number): Promise<Buffer> {
    const data = this.data.subarray(0, length);
    await this.content.read(data, offset);
    for (let at = 0, block = 0; at < length; at += trackingBlockBytes, block += 1) {
      writeDigest(
        data.subarray(at, Math.min(at + trackingBlockBytes, length)),
        this.computed,
        block * digestBytes,
      );
    }
    return this.computed.subarray(0, blockCount(length) * digestBytes);
  }
}
