import { ReplicationError } from '../../contract/errors.ts';
import type { DiskFormat, DiskKind } from '../../contract/model.ts';
import { mergeSegments } from './segments.ts';
import type { DiskIdentity, DiskLayer, Extent, VirtualDisk } from './virtual-disk.ts';

/**
 * A virtual disk made of one or more layers, the tip first: a sector comes from the first layer that holds it.
 * Where a child is larger than its parent, what lies beyond the parent's end is zeros.
 */
export class ChainDisk implements VirtualDisk {
  readonly path: string;
  readonly format: DiskFormat;
  readonly kind: DiskKind;
  readonly sizeBytes: number;
  readonly logicalSectorBytes: number;
  readonly physicalSectorBytes: number;
  readonly identity: DiskIdentity;
  readonly files: readonly string[];
  readonly layers: readonly DiskLayer[];

  /** Takes over the layers: `close` closes them. The last one must not be differencing. */
  constructor(layers: readonly DiskLayer[]) {
    const [tip] = layers;
    const root = layers.at(-1);
    if (tip === undefined || root === undefined || root.parent !== null) {
      throw new ReplicationError(
        'DISK_CHAIN_BROKEN',
        'A chain of disks must end in a disk without a parent.',
      );
    }
    this.layers = layers;
    this.path = tip.path;
    this.format = tip.format;
    this.kind = tip.kind;
    this.sizeBytes = tip.sizeBytes;
    this.logicalSectorBytes = tip.logicalSectorBytes;
    this.physicalSectorBytes = tip.physicalSectorBytes;
    this.files = layers.map((layer) => layer.path);
    this.identity = {
      diskId: root.diskId,
      sizeBytes: tip.sizeBytes,
      logicalSectorBytes: tip.logicalSectorBytes,
    };
  }

  read(target: Uint8Array, offset: number): void {
    this.#checkRange(offset, offset + target.length);
    this.#readFrom(0, target, offset);
  }

  *extents(from = 0, to = this.sizeBytes): Generator<Extent> {
    const end = Math.min(to, this.sizeBytes);
    this.#checkRange(from, Math.max(from, end));
    let open: Extent | null = null;
    for (const extent of this.#extentsFrom(0, from, end)) {
      if (open !== null && open.offset + open.length === extent.offset) {
        open = { offset: open.offset, length: open.length + extent.length };
      } else {
        if (open !== null) yield open;
        open = extent;
      }
    }
    if (open !== null) yield open;
  }

  close(): void {
    for (const layer of this.layers) layer.close();
  }

  #readFrom(depth: number, target: Uint8Array, offset: number): void {
    const layer = this.layers[depth];
    const available =
      layer === undefined ? 0 : Math.max(0, Math.min(target.length, layer.sizeBytes - offset));
    if (layer !== undefined && available > 0) {
      for (const segment of mergeSegments(layer.segments(offset, available))) {
        const start = segment.offset - offset;
        // The bytes go straight to their place in the caller's buffer: this is the hot path of every scan.
        const part = target.subarray(start, start + segment.length);
        if (segment.source === 'file') layer.readFile(part, segment.fileOffset);
        else if (segment.source === 'zero') part.fill(0);
        else this.#readFrom(depth + 1, part, segment.offset);
      }
    }
    if (available < target.length) target.fill(0, available);
  }

  *#extentsFrom(depth: number, from: number, to: number): Generator<Extent> {
    const layer = this.layers[depth];
    if (layer === undefined) return;
    const end = Math.min(to, layer.sizeBytes);
    if (from >= end) return;
    for (const segment of mergeSegments(layer.segments(from, end - from))) {
      if (segment.source === 'file') yield { offset: segment.offset, length: segment.length };
      else if (segment.source === 'parent') {
        yield* this.#extentsFrom(depth + 1, segment.offset, segment.offset + segment.length);
      }
    }
  }

  #checkRange(from: number, to: number): void {
    if (Number.isSafeInteger(from) && from >= 0 && from <= to && to <= this.sizeBytes) return;
    throw new ReplicationError(
      'INPUT_INVALID',
      `Bytes ${from} to ${to} are not on the disk ${this.path}, which has ${this.sizeBytes} bytes.`,
      { file: this.path, offset: from },
    );
  }
}
