import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createDirectoryVault } from '../../../../src/main/vault/directory/directory-vault.ts';
import { describeReplicaVault } from '../../../conformance/replica-vault.ts';

describeReplicaVault('A directory', async () => {
  const home = mkdtempSync(join(tmpdir(), 'hvrc-vault-'));
  return {
    open: () => createDirectoryVault(join(home, 'vault')),
    dispose: async () => rmSync(home, { recursive: true, force: true }),
  };
});
