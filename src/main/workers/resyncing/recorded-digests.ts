import { digestBytes, isZero } from '../../block/digest.ts';
import { blockCount, trackingBlockBytes } from '../../block/tracking-block.ts';
import type { Extent } from '../../disk/virtual-disk.ts';
import type { ReplicaContent } from '../../vault/replica-vault.ts';

/** Blocks whose digests are fetched in one go: 128 MiB of the disk. */
const windowBlocks = 4096;
const windowBytes = windowBlocks * trackingBlockBytes;

/** The digests recorded at the vault, for whoever goes through a disk in order. */
export class RecordedDigests {
  readonly #content: ReplicaContent;
  readonly #blockCount: number;
  readonly #bytes = Buffer.allocUnsafe(windowBlocks * digestBytes);
  readonly #out = Buffer.allocUnsafe(windowBlocks * digestBytes);
  #first = -1;

  constructor(content: ReplicaContent) {
    this.#content = content;
    this.#blockCount = blockCount(content.sizeBytes);
  }

  /** Digests of [firstBlock, firstBlock + count), at most a window; valid until the next call. */
  async of(firstBlock: number, count: number): Promise<Buffer> {
    const out = this.#out.subarray(0, count * digestBytes);
    await this.read(out, firstBlock);
    return out;
  }

  /** Cuts a range into pieces of at most a window, each with whether only zeros are recorded there. */
  async *pieces({ offset, length }: Extent): AsyncGenerator<Extent & { readonly isZero: boolean }> {
    const end = offset + length;
    for (let at = offset; at < end; ) {
      const next = Math.min(end, (Math.floor(at / windowBytes) + 1) * windowBytes);
      const piece = { offset: at, length: next - at };
      const digests = await this.of(at / trackingBlockBytes, blockCount(piece.length));
      yield { ...piece, isZero: isZero(digests) };
      at = next;
    }
  }

  async read(target: Buffer, firstBlock: number): Promise<void> {
    for (let at = 0; at < target.length; ) {
      const block = firstBlock + at / digestBytes;
      const first = Math.floor(block / windowBlocks) * windowBlocks;
      const count = Math.min(windowBlocks, this.#blockCount - first);
      if (this.#first !== first) {
        this.#first = -1;
        await this.#content.digests(this.#bytes.subarray(0, count * digestBytes), first);
        this.#first = first;
      }
      at += this.#bytes.copy(target, at, (block - first) * digestBytes, count * digestBytes);
    }
  }
}
