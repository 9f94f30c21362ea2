import type { VmReplica } from '../../vault/replica-vault.ts';
import type { SendParams } from '../protocol.ts';

const hourMs = 3_600_000;

/** Drops the points that the policy does not keep; their age counts back from `newestMs`, not from a clock that may jump. */
export const prunePoints = (
  replica: VmReplica,
  { keepPoints, keepHours }: Pick<SendParams, 'keepPoints' | 'keepHours'>,
  newestMs: number,
): Promise<number> => replica.prune(keepPoints, keepHours === null ? null : newestMs - keepHours * hourMs);
