import { availableParallelism } from 'node:os';

/** Threads that read and digest one disk: two saturate a fast disk, and a single-core machine gains nothing by more. */
export const laneCount = (): number => Math.min(2, availableParallelism());
