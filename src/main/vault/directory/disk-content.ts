import { ReplicationError } from '../../../contract/errors.ts';
import { trackingBlockBytes } from '../../block/tracking-block.ts';
import { unionExtents } from '../../disk/union-extents.ts';
import type { Extent, VirtualDisk } from '../../disk/virtual-disk.ts';
import type { ReplicaContent } from '../replica-vault.ts';
import { BlockOverlay } from './block-overlay.ts';
import type { OverlayLayer } from './record-files.ts';
import { openReplicaFile, RecordedDigests } from './replica-source.ts';
import { atVault } from './vault-errors.ts';
import type { VmFolder, VmState } from './vm-folder.ts';
import { type DiskRecord, diskOfPoint } from './vm-record.ts';

/** How often a read is tried again when a commit of another process gets in between. */
const mostTries = 10;
/** Extents are looked up for this much of the disk at a time: they are true only while no commit gets in between. */
const extentWindowBytes = 4 * 1024 ** 3;

interface OpenFiles {
  readonly version: string;
  readonly record: DiskRecord;
  readonly replica: VirtualDisk;
  readonly overlay: BlockOverlay | null;
}

/**
 * A replica's content at a point, or its newest state.
 *
 * | asked for | content |
 * |---|---|
 * | newest state | the replica; over it the staged delta of a commit that is not applied yet |
 * | point P | the replica; over it the before-images of commits after P, the oldest first, then such a staged delta |
 *
 * What a commit overwrites is in its before-images (before it begins), so a point reads the same however much of the
 * commit is applied. A commit that appears during a read is noticed by the folder's version, and the read repeated.
 */
export class DiskContent implements ReplicaContent {
  readonly sizeBytes: number;
  /** Digests and replica are two files: somebody may have written into the one without the other. */
  readonly vouches = false;
  readonly #folder: VmFolder;
  readonly #diskId: string;
  readonly #pointId: string | null;
  readonly #mostEntries: number | undefined;
  #files: OpenFiles;
  #digests: RecordedDigests | null = null;

  /** `mostEntries` bounds the before-image records that are indexed at a time. */
  constructor(folder: VmFolder, diskId: string, pointId: string | null, mostEntries?: number) {
    this.#folder = folder;
    this.#diskId = diskId;
    this.#pointId = pointId;
    this.#mostEntries = mostEntries;
    this.#files = this.#open();
    this.sizeBytes = this.#files.record.sizeBytes;
  }

  get file(): string | null {
    return this.#pointId === null && this.#files.overlay === null ? this.#files.replica.path : null;
  }

  read(target: Uint8Array, offset: number): Promise<void> {
    return this.#steadily(({ replica, overlay }) => {
      replica.read(target, offset);
      overlay?.apply(target, offset);
    });
  }

  digests(target: Uint8Array, firstBlock: number): Promise<void> {
    return this.#steadily(({ record, overlay }) => {
      this.#digests ??= new RecordedDigests(this.#folder.file(`${record.folder}/digests`), record);
      this.#digests.read(target, firstBlock);
      overlay?.applyDigests(target, firstBlock);
    });
  }

  async *extents(from = 0, to = this.sizeBytes): AsyncGenerator<Extent> {
    for (let at = from; at < to; at += extentWindowBytes) {
      const end = Math.min(to, at + extentWindowBytes);
      let found: Extent[] = [];
      await this.#steadily(({ replica, overlay }) => {
        const laid = overlay === null ? [] : blockExtents(overlay, at, end);
        found = [...unionExtents(replica.extents(at, end), laid)];
      });
      yield* found;
    }
  }

  async close(): Promise<void> {
    this.#release();
  }

  #steadily(work: (files: OpenFiles) => void): Promise<void> {
    return atVault(this.#folder.root, () => {
      for (let tries = 1; ; tries += 1) {
        let failure: unknown = null;
        try {
          work(this.#files);
        } catch (error) {
          failure = error;
        }
        if (this.#folder.version() === this.#files.version) {
          if (failure !== null) throw failure;
          return;
        }
        if (tries === mostTries) throw failure ?? this.#movedOn();
        this.#reopen();
      }
    });
  }

  #reopen(): void {
    const before = this.#files.record;
    this.#release();
    this.#files = this.#open();
    const { generation, sequence } = this.#files.record;
    const same = generation === before.generation && sequence === before.sequence;
    if (this.#pointId === null && !same) throw this.#movedOn();
  }

  #open(): OpenFiles {
    const state = this.#folder.readState();
    const record = this.#recordIn(state);
    const path = this.#folder.replicaPath(record, state.pending);
    if (this.#folder.ops.state(path) === null) {
      this.#folder.assertVault();
      throw new ReplicationError('REPLICA_MISSING', `The replica ${path} is not in the vault.`, {
        file: path,
      });
    }
    const replica = openReplicaFile(path, record);
    try {
      const layers = this.#layersOver(state, record);
      const overlay =
        layers.length === 0 ? null : new BlockOverlay(layers, record.sizeBytes, this.#mostEntries);
      return { version: state.version, record, replica, overlay };
    } catch (error) {
      replica.close();
      throw error;
    }
  }

  #recordIn({ record, pending }: VmState): DiskRecord {
    if (this.#pointId === null) {
      const disk = record.disks.find((entry) => entry.diskId === this.#diskId);
      if (disk !== undefined) return disk;
      throw new ReplicationError(
        'REPLICA_MISSING',
        `The vault holds no complete replica of disk ${this.#diskId}.`,
        {
          vm: record.vm.name,
          file: this.#folder.path,
        },
      );
    }
    const point = record.points.find((entry) => entry.id === this.#pointId);
    const disk = point === undefined ? null : diskOfPoint(record, point, this.#diskId);
    if (disk !== null) return disk;
    const what =
      point === undefined ? 'There is no recovery point' : `Disk ${this.#diskId} is not in recovery point`;
    throw new ReplicationError('POINT_NOT_FOUND', `${what} ${this.#pointId}.`, {
      vm: record.vm.name,
      file: pending === null ? this.#folder.recordPath : this.#folder.commitPath,
    });
  }

  #layersOver({ record, pending }: VmState, disk: DiskRecord): OverlayLayer[] {
    const { diskId } = disk;
    const point = record.points.find((entry) => entry.id === this.#pointId);
    const newer = point === undefined ? [] : disk.undo.filter(({ sequence }) => sequence > point.sequence);
    const layers: OverlayLayer[] = newer.map(({ file, sequence }) => ({
      path: this.#folder.file(`${disk.folder}/${file}`),
      expected: { diskId, purpose: 'before-images', minimumCut: sequence },
      newestFirst: false,
    }));
    const change = pending?.changes.find((entry) => entry.diskId === diskId);
    const current = record.disks.includes(disk);
    if (current && change?.kind === 'delta') {
      const path = this.#folder.file(change.staged);
      layers.push({
        path,
        expected: { diskId, purpose: 'staged-delta', minimumCut: change.puts },
        newestFirst: true,
      });
    }
    return layers;
  }

  #release(): void {
    this.#files.replica.close();
    this.#files.overlay?.close();
    this.#digests?.close();
    this.#digests = null;
  }

  #movedOn(): ReplicationError {
    return new ReplicationError(
      'STATE_INVALID',
      `The replica of disk ${this.#diskId} moved on while it was read.`,
      {
        file: this.#folder.path,
      },
    );
  }
}

function* blockExtents(overlay: BlockOverlay, from: number, to: number): Generator<Extent> {
  const endBlock = Math.ceil(to / trackingBlockBytes);
  for (const block of overlay.blocks(Math.floor(from / trackingBlockBytes), endBlock)) {
    const offset = Math.max(from, block * trackingBlockBytes);
    yield { offset, length: Math.min(to, (block + 1) * trackingBlockBytes) - offset };
  }
}
