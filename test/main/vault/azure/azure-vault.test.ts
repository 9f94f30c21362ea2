import { randomUUID } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll } from 'vitest';
import { openContainer } from '../../../../src/main/vault/azure/azure-client.ts';
import { createAzureVault } from '../../../../src/main/vault/azure/azure-vault.ts';
import { describeReplicaVault } from '../../../conformance/replica-vault.ts';
import { Azurite } from '../../../support/azurite.ts';

const folder = mkdtempSync(join(tmpdir(), 'hvrc-azurite-'));
let azurite: Azurite;
beforeAll(async () => {
  azurite = await Azurite.start(folder);
});
afterAll(async () => {
  await azurite.stop();
  rmSync(folder, { recursive: true, force: true });
});

describeReplicaVault('the Azure vault', async () => {
  const name = `vault-${randomUUID()}`;
  return {
    open: () => createAzureVault(name, azurite.access),
    dispose: async () => {
      await openContainer(azurite.access, name).deleteIfExists();
    },
  };
});
