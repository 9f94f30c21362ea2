import { parentPort } from 'node:worker_threads';
import { ReplicationError } from '../../../contract/errors.ts';
import { digestBytes, writeDigest } from '../../block/digest.ts';
import { trackingBlockBytes } from '../../block/tracking-block.ts';
import { openVirtualDisk } from '../../disk/open-disk.ts';
import type { VirtualDisk } from '../../disk/virtual-disk.ts';
import { chunkBytes, type FromLane, slotViews, type ToLane } from './lane-protocol.ts';

/**
 * A lane: reads chunks of one disk into shared slots and digests their blocks, so that reading and hashing use a core
 * of their own while the worker that owns the lane logs, sends or compares.
 */

interface OpenDisk {
  readonly disk: VirtualDisk;
  /** What the disk is compared with; `null` as its disk when it could not be opened. */
  readonly other: { readonly disk: VirtualDisk | null; readonly data: Buffer } | null;
  readonly views: readonly ReturnType<typeof slotViews>[];
}

const port = parentPort!;
let open: OpenDisk | null = null;
let openFailure: ReplicationError | null = null;

const openDisk = (message: Extract<ToLane, { type: 'open' }>): void => {
  openFailure = null;
  try {
    const views = Array.from({ length: message.slots }, (_, slot) =>
      slotViews(message.shared, message.slots, slot),
    );
    const disk = openVirtualDisk(message.path);
    open = { disk, other: message.against === null ? null : openOther(message.against), views };
  } catch (error) {
    // Told with the first read: the reader waits for reads, not for this.
    openFailure = ReplicationError.from(error, { file: message.path });
  }
};

const openOther = (path: string): OpenDisk['other'] => {
  const data = Buffer.allocUnsafeSlow(chunkBytes);
  try {
    return { disk: openVirtualDisk(path), data };
  } catch {
    // Whoever owns that disk finds out, and says, what is the matter with it.
    return { disk: null, data };
  }
};

const close = (): void => {
  open?.disk.close();
  open?.other?.disk?.close();
  open = null;
};

/** Bits of the blocks that differ; null when the other disk could not be read. */
const differingBlocks = (
  { disk, data }: NonNullable<OpenDisk['other']>,
  mine: Buffer,
  offset: number,
): number | null => {
  const theirs = data.subarray(0, mine.length);
  try {
    if (disk === null) return null;
    disk.read(theirs, offset);
  } catch {
    return null;
  }
  if (mine.equals(theirs)) return 0;
  let differing = 0;
  for (let at = 0, block = 0; at < mine.length; at += trackingBlockBytes, block += 1) {
    const end = Math.min(at + trackingBlockBytes, mine.length);
    if (mine.compare(theirs, at, end, at, end) !== 0) differing |= 1 << block;
  }
  return differing >>> 0;
};

const readChunk = (message: Extract<ToLane, { type: 'read' }>): FromLane => {
  if (openFailure !== null) throw openFailure;
  const { disk, other, views } = open!;
  const { data, digests, expected } = views[message.slot]!;
  disk.read(data.subarray(0, message.length), message.offset);
  let changed = 0;
  for (let at = 0, block = 0; at < message.length; at += trackingBlockBytes, block += 1) {
    const digestAt = block * digestBytes;
    writeDigest(data.subarray(at, Math.min(at + trackingBlockBytes, message.length)), digests, digestAt);
    const same =
      message.compare &&
      digests.compare(expected, digestAt, digestAt + digestBytes, digestAt, digestAt + digestBytes) === 0;
    if (!same) changed |= 1 << block;
  }
  if (other !== null) {
    const differing = differingBlocks(other, data.subarray(0, message.length), message.offset);
    return { type: 'read', slot: message.slot, changed: differing };
  }
  return { type: 'read', slot: message.slot, changed: changed >>> 0 };
};

port.on('message', (message: ToLane) => {
  switch (message.type) {
    case 'open':
      openDisk(message);
      return;
    case 'close':
      close();
      return;
    case 'read':
      try {
        port.postMessage(readChunk(message));
      } catch (error) {
        const failed: FromLane = {
          type: 'failed',
          slot: message.slot,
          error: ReplicationError.from(error, { offset: message.offset }).toReport(),
        };
        port.postMessage(failed);
      }
  }
});
