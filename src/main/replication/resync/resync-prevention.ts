import type { PreventionText } from '../../../contract/engine-phrases.ts';
import type { ErrorCode } from '../../../contract/error-catalogue.ts';

const prevention: Partial<Readonly<Record<ErrorCode, PreventionText>>> = {
  HRL_THRESHOLD:
    'A shorter outage of the vault or a higher bandwidth limit would have prevented it; the warnings at 30 % and 40 % of the disk come in time for that.',
  HRL_WRITE_FAILED:
    'A healthy volume beside the disk, on which the engine may write, would have prevented it.',
  HRL_CORRUPT:
    'A healthy volume beside the disk would have prevented it: nothing but the engine may write into its logs.',
  HRL_MISSING:
    'Leaving the .hrl files beside the disks would have prevented it: exclude them from clean-ups and virus scans.',
  HRL_FOREIGN: 'Moving or copying disks without their .hrl files would have prevented it.',
  HRL_OUT_OF_SEQUENCE:
    'Leaving the vault and the data directory as they are would have prevented it: neither may be put back to an older state alone.',
  TRACKING_DAMAGED:
    'An intact data directory would have prevented it: leave its tracking folder alone and keep its volume healthy.',
  TRACKING_WRITE_FAILED: 'A healthy volume under the data directory would have prevented it.',
  DISK_CHANGED_GEOMETRY: 'Nothing prevents it: a disk that is resized is brought to the vault anew.',
  DISK_REPLACED: 'Keeping the disk file in its place would have prevented it.',
  DISK_REVERTED:
    'Nothing prevents it: a disk that is put back to an older state is compared before replication goes on.',
  REPLICA_INVALID: 'Leaving the replicas at the vault alone would have prevented it.',
  REPLICA_MISSING: 'Leaving the replicas at the vault alone would have prevented it.',
  DISK_NOT_PROTECTED: 'Nothing was wrong: a disk was included, and copied for the first time.',
  RESYNC_REQUIRED: 'Nothing was wrong: it was asked for.',
};

/** What would have prevented a mark of this cause, one sentence. */
export const preventionOf = (code: ErrorCode): PreventionText =>
  prevention[code] ?? 'The event list says what came before it.';
