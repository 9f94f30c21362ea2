import { parentPort } from 'node:worker_threads';
import { ReplicationError } from '../../../contract/errors.ts';
import { digestBytes, writeDigest } from '../../block/digest.ts';
import { trackingBlockBytes } from '../../block/tracking-block.ts';
import { openVirtualDisk } from '../../disk/open-disk.ts';
import type { VirtualDisk } from '../../disk/virtual-disk.ts';
import { type FromLane, slotViews, type ToLane } from './lane-protocol.ts';

/**
 * A lane: reads chunks of one disk into shared slots and digests their blocks, so that reading and hashing use a core
 * of their own while the worker that owns the lane logs, sends or compares.
 */

interface OpenDisk {
  readonly disk: VirtualDisk;
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
    open = { disk: openVirtualDisk(message.path), views };
  } catch (error) {
    // Told with the first read: the reader waits for reads, not for this.
    openFailure = ReplicationError.from(error, { file: message.path });
  }
};

const readChunk = (message: Extract<ToLane, { type: 'read' }>): FromLane => {
  if (openFailure !== null) throw openFailure;
  const { disk, views } = open!;
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
  return { type: 'read', slot: message.slot, changed: changed >>> 0 };
};

port.on('message', (message: ToLane) => {
  switch (message.type) {
    case 'open':
      openDisk(message);
      return;
    case 'close':
      open?.disk.close();
      open = null;
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
