import { afterAll, afterEach, describe, expect, it } from 'vitest';
import type { ErrorCode } from '../../src/contract/error-catalogue.ts';
import type { TaskKind } from '../../src/main/workers/protocol.ts';
import type { VaultMethod } from '../support/faulty-vault.ts';
import { oracleMissing, qemuIdentical } from '../support/oracles.ts';
import { FaultSite, type Phase, phases } from './fault-site.ts';
import { type Fault, runCell } from './run-cell.ts';
import type { Injection } from './workers/injection.ts';

/** Where in a phase it goes wrong: the change of the vault's files, and the method of the port. */
const changeOf: Readonly<Record<Phase, string>> = {
  initial: '^replica.write$',
  delta: '^log.append$',
  apply: '^replica.write$',
  resync: '^log.append$',
  prune: '^remove before-.*hrl$',
};
const methodOf: Readonly<Record<Phase, VaultMethod>> = {
  initial: 'initial.write',
  delta: 'delta.put',
  apply: 'replica.commit',
  resync: 'replica.beginDelta',
  prune: 'replica.prune',
};

const inject =
  (injectionAt: (at: FaultSite, phase: Phase) => Injection, after?: (at: FaultSite) => void): Fault =>
  (at, phase) => {
    at.pool.injection = injectionAt(at, phase);
    return () => {
      at.pool.injection = null;
      after?.(at);
    };
  };

const answers = (errno: string): Fault =>
  inject((_, phase) => ({ kind: 'vaultFile', change: changeOf[phase], errno }));

const throws = (code: ErrorCode): Fault =>
  inject((_, phase) => ({ kind: 'port', method: methodOf[phase], code }));

const away =
  (path: (at: FaultSite) => string): Fault =>
  (at) =>
    at.takeAway(path(at));

/** Gone from the moment on in which the phase's work begins: what is gone before is refused, and nothing is begun. */
const awayDuring =
  (kind: TaskKind, path: (at: FaultSite) => string): Fault =>
  (at) => {
    let back = (): void => undefined;
    at.pool.begun = (begun) => {
      if (begun !== kind) return;
      at.pool.begun = () => undefined;
      back = at.takeAway(path(at));
    };
    return () => back();
  };

/** fault → how it is done, what it must come out as, where it can happen */
const matrix: readonly (readonly [string, Fault, ErrorCode, readonly Phase[]])[] = [
  ['a share whose host is not found', answers('EHOSTUNREACH'), 'VAULT_UNREACHABLE', phases],
  ['a refused connection', answers('ECONNREFUSED'), 'VAULT_UNREACHABLE', phases],
  ['a reset connection', answers('ECONNRESET'), 'VAULT_UNREACHABLE', phases],
  ['a timeout', answers('ETIMEDOUT'), 'VAULT_UNREACHABLE', phases],
  ['refused access', answers('EACCES'), 'VAULT_ACCESS_DENIED', phases],
  ['a sign-in that ended', throws('VAULT_ACCESS_DENIED'), 'VAULT_ACCESS_DENIED', phases],
  ['a full disk at the vault', answers('ENOSPC'), 'VAULT_FULL', phases],
  ['too little memory', throws('LOW_MEMORY'), 'LOW_MEMORY', phases],
  [
    'a worker thread that dies',
    inject((_, phase) => ({ kind: 'killed', change: changeOf[phase] })),
    'WORKER_FAILED',
    phases,
  ],
  [
    'a vault that goes away meanwhile',
    inject(
      ({ site }, phase) => ({ kind: 'vanishes', change: changeOf[phase], root: site.vault }),
      (at) => at.vaultBack(),
    ),
    'VAULT_UNREACHABLE',
    phases,
  ],
  ['a vault that is gone', away(({ site }) => site.vault), 'VAULT_UNREACHABLE', ['delta', 'resync']],
  [
    'a broken chain of disks',
    away(({ chainParent }) => chainParent),
    'DISK_CHAIN_BROKEN',
    ['delta', 'resync'],
  ],
  ['a VM that is gone from the host', away(({ vmFolder }) => vmFolder), 'VM_NOT_FOUND', ['delta', 'resync']],
  [
    'a vault that goes as the copy begins',
    awayDuring('initial', ({ site }) => site.vault),
    'VAULT_UNREACHABLE',
    ['initial'],
  ],
  [
    'a chain of disks that breaks as the copy begins',
    awayDuring('initial', ({ chainParent }) => chainParent),
    'DISK_CHAIN_BROKEN',
    ['initial'],
  ],
  [
    'a VM that goes from the host as the copy begins',
    awayDuring('initial', ({ vmFolder }) => vmFolder),
    'DISK_NOT_FOUND',
    ['initial'],
  ],
  [
    'a full disk at the tracking state',
    inject(() => ({ kind: 'write', pathPart: 'tracking', errno: 'ENOSPC' })),
    'VOLUME_LOW_SPACE',
    ['initial', 'delta', 'resync'],
  ],
];

describe.each(phases)('in the phase %s', (phase) => {
  let site: FaultSite | null = null;
  const opened = async (): Promise<FaultSite> => {
    if (site !== null) return site;
    site = new FaultSite();
    await site.open();
    return site;
  };
  const closed = async (): Promise<void> => {
    await site?.close();
    site = null;
  };
  // One engine for all faults, as long as it comes well out of each.
  afterEach(async ({ task }) => {
    if (task.result?.state === 'fail') await closed();
  });
  afterAll(closed);

  it.each(matrix.filter(([, , , where]) => where.includes(phase)))('%s', async (_, fault, code) => {
    await runCell(await opened(), { phase, fault, code });
  });

  it.skipIf(oracleMissing('qemu-img'))('qemu finds source and replica identical afterwards', async () => {
    const at = await opened();
    for (const [name, format] of [
      ['system.vhdx', 'vhdx'],
      ['data.vhd', 'vpc'],
    ] as const)
      expect(qemuIdentical(await at.site.replica(name), 'vhdx', at.site.disk(name), format)).toBe(true);
  });
});
