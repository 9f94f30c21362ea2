import { once } from 'node:events';
import { createServer, type RequestListener, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import { AlertDelivery } from '../../../src/main/alerts/alert-delivery.ts';
import { testNotification } from '../../../src/main/alerts/compose-notification.ts';
import { FileSecretStore } from '../../../src/main/platform/secret-store.ts';
import { EngineSettings } from '../../../src/main/replication/engine-settings.ts';
import { openStore } from '../../../src/main/store/store.ts';
import { FakeClock } from '../../support/fake-clock.ts';
import { temporaryFolder } from '../../support/temporary-folder.ts';

const inFolder = temporaryFolder();
const servers: Server[] = [];

afterEach(async () => {
  for (const server of servers.splice(0)) {
    server.closeAllConnections();
    await new Promise((done) => server.close(done));
  }
});

const listen = async (answer: RequestListener): Promise<string> => {
  const server = createServer(answer);
  servers.push(server);
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}/hook`;
};

describe('The delivery of alerts', () => {
  it('tries a new address at once, also while a message is on its way to the old one', async () => {
    const clock = new FakeClock();
    const store = openStore(inFolder('hvrc.db'));
    const settings = new EngineSettings(store);
    const delivery = new AlertDelivery({
      store,
      clock,
      settings,
      secrets: new FileSecretStore(inFolder('secrets.json')),
      events: { info: () => undefined, warning: () => undefined },
      background: { run: (_what, work) => void work() },
      push: () => undefined,
      host: 'HV1',
      version: '1.0.0',
      vms: async () => [],
      places: async () => ({ subjects: [] }) as never,
    });
    delivery.setSecret('webhook', 'a key of some length');
    let answerOld = (): void => undefined;
    const asked = Promise.withResolvers<void>();
    const old = await listen((_request, response) => {
      answerOld = () => void response.writeHead(403).end();
      asked.resolve();
    });
    settings.change({ alerts: { webhook: { enabled: true, url: old } } });
    delivery.queue(testNotification({ id: 'n-1', atMs: clock.now(), host: 'HV1' }));
    delivery.send();
    await asked.promise;

    const arrived = Promise.withResolvers<void>();
    const right = await listen((_request, response) => {
      response.writeHead(204).end();
      arrived.resolve();
    });
    settings.change({ alerts: { webhook: { enabled: true, url: right } } });
    delivery.setUpAnew();
    answerOld();
    await expect(arrived.promise).resolves.toBeUndefined();
    delivery.stop();
    store.close();
  });
});
