import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { type AddressInfo, createServer, type Server, type Socket } from 'node:net';
import { join } from 'node:path';
import { performance } from 'node:perf_hooks';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Console } from '../../../src/contract/client.ts';
import { openConsole } from '../../../src/main/console/console.ts';
import { SignInKeeper } from '../../../src/main/console/sign-in-keeper.ts';
import { systemClock } from '../../../src/main/platform/clock.ts';
import { createDataDirectory, dataPaths } from '../../../src/main/platform/data-directory.ts';
import { FileSecretStore } from '../../../src/main/platform/secret-store.ts';
import { openStore } from '../../../src/main/store/store.ts';
import { protectedDiskRecord, protectionRecord } from '../../support/records.ts';
import { temporaryFolder } from '../../support/temporary-folder.ts';

const folder = temporaryFolder();
const vms = 60;
/** Of a busy machine; whoever waited for the account would wait for its first time limit at least. */
const momentsMs = 5_000;

/** A storage account behind a firewall that swallows everything: connections open, and nothing is ever said. */
let server: Server;
const connections = new Set<Socket>();
let console: Console;

beforeEach(async () => {
  server = createServer((socket) => {
    connections.add(socket);
    socket.on('error', () => undefined);
    socket.resume();
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const dataDirectory = join(folder(), 'data');
  createDataDirectory(dataDirectory);
  keepRecords(dataDirectory);
  const workersDirectory = join(import.meta.dirname, '../../../src/main/workers');
  console = await openConsole({ dataDirectory, workersDirectory, clock: systemClock });
});
afterEach(async () => {
  await console.close();
  for (const socket of connections) socket.destroy();
  server.close();
  await once(server, 'close');
});

/** As an earlier run left them: VMs replicated into the account, their replicas' addresses not asked for yet. */
const keepRecords = (dataDirectory: string): void => {
  const paths = dataPaths(dataDirectory);
  const vaultId = randomUUID();
  const { port } = server.address() as AddressInfo;
  const endpoint = `http://127.0.0.1:${port}/account`;
  const key = Buffer.alloc(64, 7).toString('base64');
  new SignInKeeper(new FileSecretStore(paths.secrets), systemClock, dataDirectory, () => undefined).keep(
    vaultId,
    { endpoint, credential: { kind: 'accountKey', account: 'account', key } },
  );
  const store = openStore(paths.store);
  const target = 'azure:replicas';
  store.vaults.put({ id: randomUUID(), name: 'cloud', kind: 'azure', target, vaultId, addedAtMs: 1 });
  for (let index = 0; index < vms; index += 1) {
    const vmId = randomUUID();
    store.protections.put(protectionRecord({ vmId, name: `SRV${index}`, vaultName: 'cloud' }));
    store.protectedDisks.put(protectedDiskRecord({ vmId }));
  }
  store.close();
};

const timed = async <T>(work: () => Promise<T>): Promise<{ answer: T; tookMs: number }> => {
  const startedAtMs = performance.now();
  const answer = await work();
  return { answer, tookMs: performance.now() - startedAtMs };
};

describe('a vault that takes connections and never answers', () => {
  it('holds up the status of no VM', async () => {
    const asked = once(server, 'connection');
    const first = await timed(() => console.request('status', {}));
    expect(first.answer.vms).toHaveLength(vms);
    expect(first.tookMs).toBeLessThan(momentsMs);
    await asked;
    const { answer, tookMs } = await timed(() => console.request('status', { vm: 'SRV7' }));
    expect(answer.vms[0]?.disks[0]?.replica).toBeNull();
    expect(tookMs).toBeLessThan(momentsMs);
    expect((await timed(() => console.request('alerts', {}))).tookMs).toBeLessThan(momentsMs);
  });

  it('holds up no end of the engine', async () => {
    await console.request('status', {});
    expect((await timed(() => console.close())).tookMs).toBeLessThan(momentsMs);
  });
});
