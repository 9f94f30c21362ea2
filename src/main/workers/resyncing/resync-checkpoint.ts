import { readFileSync } from 'node:fs';
import { z } from 'zod';
import { ReplicationError } from '../../../contract/errors.ts';
import { resyncMapSchema } from '../../../contract/resync.ts';
import { writeFileAtomically } from '../../platform/durable.ts';
import { errnoOf, isOutOfSpace } from '../../platform/positional-io.ts';

const format = 1;

export const resyncCheckpointPath = (tablePath: string): string => `${tablePath}.resync`;

const checkpointSchema = z.object({
  format: z.literal(format),
  diskId: z.string(),
  lineage: z.string(),
  sizeBytes: z.int(),
  cut: z.int(),
  deep: z.boolean(),
  /** Below this offset everything is compared, and what differed is durable at the vault. */
  doneOffset: z.int(),
  /** At and beyond this offset nothing was staged yet; between the two anything may have been. */
  reachOffset: z.int(),
  /** Changes staged below `doneOffset`. */
  puts: z.int(),
  comparedBlocks: z.int(),
  differentBlocks: z.int(),
  sentBytes: z.int(),
  dataBytes: z.int(),
  map: resyncMapSchema,
});

/** How far a comparison is: what it goes on from after an interruption. */
export type ResyncCheckpoint = Readonly<z.infer<typeof checkpointSchema>>;

/** What a checkpoint must be of to be gone on from. */
export type CheckpointOwner = Pick<ResyncCheckpoint, 'diskId' | 'lineage' | 'sizeBytes' | 'cut' | 'deep'>;

/** The checkpoint beside a digest table; null where there is none of this very comparison. */
export const readCheckpoint = (tablePath: string, owner: CheckpointOwner): ResyncCheckpoint | null => {
  let text: string;
  try {
    text = readFileSync(resyncCheckpointPath(tablePath), 'utf8');
  } catch (error) {
    if (errnoOf(error) === 'ENOENT') return null;
    throw checkpointError(error, tablePath, 'read');
  }
  const checkpoint = checkpointSchema.safeParse(parsed(text)).data;
  if (checkpoint === undefined) return null;
  const keys = ['diskId', 'lineage', 'sizeBytes', 'cut', 'deep'] as const;
  return keys.every((key) => checkpoint[key] === owner[key]) ? checkpoint : null;
};

/** Durable when it returns. @throws TRACKING_WRITE_FAILED, VOLUME_LOW_SPACE */
export const writeCheckpoint = (tablePath: string, checkpoint: Omit<ResyncCheckpoint, 'format'>): void => {
  try {
    writeFileAtomically(resyncCheckpointPath(tablePath), JSON.stringify({ format, ...checkpoint }));
  } catch (error) {
    throw checkpointError(error, tablePath, 'written');
  }
};

/** Half a file is as good as none: the comparison begins anew. */
const parsed = (text: string): unknown => {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
};

const checkpointError = (cause: unknown, tablePath: string, what: string): ReplicationError => {
  const file = resyncCheckpointPath(tablePath);
  return new ReplicationError(
    isOutOfSpace(cause) ? 'VOLUME_LOW_SPACE' : 'TRACKING_WRITE_FAILED',
    `The checkpoint ${file} could not be ${what}.`,
    { file, cause },
  );
};
