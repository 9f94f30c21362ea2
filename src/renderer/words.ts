/** Every word the page says, in one place, ready for translation. */

import type { Health, ReplicationState } from '../contract/model.ts';
import type { ProgressPhase } from '../contract/reports.ts';

export const stateWords: Readonly<Record<ReplicationState, string>> = {
  Disabled: 'Not protected',
  ReadyForInitialReplication: 'Ready for initial replication',
  WaitingForInitialReplication: 'Initial replication',
  Replicating: 'Replicating',
  SyncedReplicationComplete: 'Synchronized',
  FailoverWaitingCompletion: 'Failover: waiting for commit',
  FailedOver: 'Failed over',
  Suspended: 'Paused',
  Error: 'Stopped by an error',
  WaitingForStartResynchronize: 'Resynchronization required',
  Resynchronizing: 'Resynchronizing',
  ResynchronizeSuspended: 'Resynchronization paused',
};

export const healthWords: Readonly<Record<Health, string>> = {
  Normal: 'Normal',
  Warning: 'Warning',
  Critical: 'Critical',
};

export const phaseWords: Readonly<Record<ProgressPhase, string>> = {
  checking: 'Checking',
  initial: 'Initial replication',
  scan: 'Looking for changes',
  delta: 'Sending changes',
  apply: 'Applying at the vault',
  verify: 'Verifying',
  resync: 'Comparing with the replica',
  restore: 'Restoring',
};

export const words = {
  product: 'Hyper-V Replica Console',
  connecting: 'Connecting to the engine …',
  lost: 'The engine cannot be reached. Trying again by itself; what is shown may be out of date.',
  refused: 'This page has no session with the agent.',
  refusedHelp:
    'A link opens the console once. Take a fresh one from the terminal that runs the agent (press Enter there), or start the agent again.',
  noHost: 'No host has been chosen yet.',
  noHostHelp: 'Choose the folder that holds the VMs. In a terminal, in the folder of this program:',
  noHostCommand: 'npm run --silent hvrc -- host use DIRECTORY',
  noHostSample: 'Only looking around? This makes three small VMs to try things on:',
  sampleCommand: 'npm run --silent hvrc -- sample DIRECTORY',
  noVms: (host: string) => `No VM was found in ${host}.`,
  noVmsHelp: 'A VM is a folder with VHD or VHDX files in it.',
  hostUnreachable: (host: string) => `The host folder ${host} cannot be reached.`,
  protectHelp: 'To protect a VM, in a terminal:',
  vaultCommand: 'npm run --silent hvrc -- vault add NAME DIRECTORY',
  protectCommand: (vm: string) =>
    `npm run --silent hvrc -- protect ${/\s/.test(vm) ? `"${vm}"` : vm} --vault NAME`,
  columns: {
    name: 'Virtual machine',
    state: 'State',
    health: 'Health',
    rpo: 'RPO',
    lastSync: 'Last sync',
    log: 'Log',
    activity: 'Now',
    action: 'Action',
  },
  notProtected: 'Not protected',
  none: '—',
  actions: {
    sync: 'Sync now',
    resume: 'Resume',
    resync: 'Resynchronize',
    retry: 'Retry now',
  },
  logLimit: (size: string) => `limit ${size}`,
  nextTry: (time: string) => `Next try ${time}.`,
  nextCycle: (time: string) => `Next cycle ${time}`,
  resumedAt: (percent: string) => `resumed at ${percent}`,
  left: (duration: string) => `about ${duration} left`,
  rpoLimit: (duration: string) => `target ${duration}`,
  vault: (name: string) => `vault ${name}`,
  enginePaused: 'Replication cycles do not run in this engine; commands are served.',
  dismiss: 'Close',
} as const;
