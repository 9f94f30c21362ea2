import type { VmStatus } from '../../src/contract/reports.ts';

/** The status of a protected VM that is well and has no disks, with what a test wants different. */
export const vmStatus = (name: string, changes: Partial<VmStatus> = {}): VmStatus => ({
  id: name,
  name,
  path: name,
  protected: true,
  state: 'Replicating',
  stateNumber: 3,
  health: 'Normal',
  healthReasons: [],
  vault: 'nas',
  frequencySeconds: 300,
  rpoSeconds: 40,
  rpoLimitSeconds: 900,
  lastSyncAt: '2026-01-02T03:04:05.000Z',
  nextCycleAt: null,
  paused: false,
  activity: null,
  retry: null,
  resync: null,
  lastCycle: null,
  disks: [],
  ...changes,
});
