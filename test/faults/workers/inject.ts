import fs from 'node:fs';
import { syncBuiltinESMExports } from 'node:module';
import { constants } from 'node:os';
import { parentPort } from 'node:worker_threads';
import { errorCatalogue } from '../../../src/contract/error-catalogue.ts';
import { ReplicationError } from '../../../src/contract/errors.ts';
import { DirectoryVault } from '../../../src/main/vault/directory/directory-vault.ts';
import { nodeFileOps, type VaultFileOps } from '../../../src/main/vault/directory/file-ops.ts';
import type { ReplicaVault } from '../../../src/main/vault/replica-vault.ts';
import type { ToWorker } from '../../../src/main/workers/protocol.ts';
import { CrashingFileOps } from '../../support/crashing-file-ops.ts';
import { FaultyVault } from '../../support/faulty-vault.ts';
import type { Injected, Injection } from './injection.ts';

/** Loaded by a worker before the product's own entry: what goes wrong comes with each task. */

let injection: Injection | null = null;
let ops = new CrashingFileOps(Number.POSITIVE_INFINITY);

const systemError = (errno: string): Error => {
  const number = constants.errno[errno as keyof typeof constants.errno];
  return Object.assign(new Error(`${errno}: injected`), { code: errno, errno: -number });
};

const meet = (change: string, half: () => void): void => {
  if (injection === null || !('change' in injection) || !new RegExp(injection.change).test(change)) return;
  if (injection.kind === 'vaultFile') throw systemError(injection.errno);
  if (injection.kind === 'vanishes') {
    const { root } = injection;
    injection = null;
    fs.renameSync(root, `${root}-away`);
  }
  if (injection?.kind === 'killed') {
    half();
    process.exit(1);
  }
};

// Before the product's own listener, which comes later.
parentPort?.on('message', (message: ToWorker) => {
  if (message.type !== 'run') return;
  injection = (message.params as Injected).injection ?? null;
  ops = new CrashingFileOps(Number.POSITIVE_INFINITY, 'kill', meet);
});

for (const key of Object.keys(nodeFileOps) as (keyof VaultFileOps)[]) {
  if (key === 'pacer') continue;
  const forward = (...args: unknown[]): unknown => Reflect.apply(ops.ops[key] as () => unknown, null, args);
  Object.assign(nodeFileOps, { [key]: forward });
}

const openVm = DirectoryVault.prototype.openVm;
DirectoryVault.prototype.openVm = async function (this: DirectoryVault, ...args) {
  const replica = await openVm.apply(this, args);
  if (injection?.kind !== 'port') return replica;
  const { method, code } = injection;
  const error = new ReplicationError(code, `${errorCatalogue[code].title}: injected.`);
  const opened = { openVm: async () => replica } as unknown as ReplicaVault;
  return new FaultyVault(opened, [{ method, call: 1, error, when: 'before' }]).vault.openVm(...args);
};

const { openSync, writeSync } = fs;
const paths = new Map<number, string>();
Object.assign(fs, {
  openSync: (...args: Parameters<typeof openSync>) => {
    const handle = openSync(...args);
    paths.set(handle, String(args[0]));
    return handle;
  },
  writeSync: (...args: Parameters<typeof writeSync>) => {
    if (injection?.kind === 'write' && paths.get(args[0])?.includes(injection.pathPart) === true)
      throw systemError(injection.errno);
    return writeSync(...args);
  },
});
syncBuiltinESMExports();
