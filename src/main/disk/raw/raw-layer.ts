import type { ByteSource } from '../byte-source.ts';
import { checkedDiskSize } from '../disk-limits.ts';
import { FlatLayer } from '../flat-layer.ts';

/** A raw image has no id of its own. */
export const rawDiskId = '00000000-0000-0000-0000-000000000000';

/**
 * A raw image: the guest's bytes and nothing else. Cannot be told by content, so it is opened only when asked for by name.
 * @throws ReplicationError `DISK_TOO_LARGE`
 */
export const openRawLayer = (source: ByteSource): FlatLayer =>
  new FlatLayer(source, {
    format: 'raw',
    sizeBytes: checkedDiskSize(BigInt(source.sizeBytes), source.path),
    diskId: rawDiskId,
    details: {},
  });
