import type { DiskFormat } from '../../contract/model.ts';
import type { ByteSource } from './byte-source.ts';
import type { DiskLayer, Segment } from './virtual-disk.ts';

/** What differs between the flat formats. */
export interface FlatLayerOptions {
  readonly format: DiskFormat;
  readonly sizeBytes: number;
  readonly diskId: string;
  readonly details: Readonly<Record<string, string | number | boolean>>;
}

/**
 * A layer whose virtual bytes lie in the file one to one from its start: raw images and fixed VHDs.
 * All of it counts as data; a source that knows the file's holes would split `segments` here.
 */
export class FlatLayer implements DiskLayer {
  readonly path: string;
  readonly format: DiskFormat;
  readonly kind = 'fixed';
  readonly sizeBytes: number;
  readonly logicalSectorBytes = 512;
  readonly physicalSectorBytes = 512;
  readonly diskId: string;
  readonly linkage: string;
  readonly parent = null;
  readonly details: Readonly<Record<string, string | number | boolean>>;
  readonly #source: ByteSource;

  /** Takes over `source`: `close` closes it. */
  constructor(source: ByteSource, options: FlatLayerOptions) {
    this.#source = source;
    this.path = source.path;
    this.format = options.format;
    this.sizeBytes = options.sizeBytes;
    this.diskId = options.diskId;
    this.linkage = options.diskId;
    this.details = options.details;
  }

  *segments(offset: number, length: number): Generator<Segment> {
    if (length > 0) yield { source: 'file', offset, length, fileOffset: offset };
  }

  readFile(target: Uint8Array, fileOffset: number): void {
    this.#source.read(target, fileOffset);
  }

  close(): void {
    this.#source.close();
  }
}
