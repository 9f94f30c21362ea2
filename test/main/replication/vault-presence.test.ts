import { renameSync } from 'node:fs';
import { expect, it } from 'vitest';
import { engineSite } from '../../support/engine-site.ts';

const makeSite = engineSite();

it('a VM on which nothing changes notices within two cycles that its vault is gone, and recovers by itself', async () => {
  const site = makeSite();
  await site.protect(30);
  await site.start();
  renameSync(site.vault, `${site.vault}-away`);
  const lost = site.nextError('VAULT_UNREACHABLE');
  for (let cycle = 0; cycle < 4; cycle += 1) {
    await site.clock.advance(30_000);
    if ((await site.status()).retry !== null) break;
  }
  await lost;
  const without = await site.status();
  expect(without).toMatchObject({ health: 'Warning', retry: { attempts: 1 } });

  renameSync(`${site.vault}-away`, site.vault);
  const well = site.nextStatus(({ retry }) => retry === null);
  await site.clock.advance(Date.parse(without.retry!.nextAttemptAt) - site.clock.now());
  await well;
});

it('a cycle by hand fails when the vault is gone, though there is nothing to send', async () => {
  const site = makeSite();
  await site.protect();
  await site.sync();
  renameSync(site.vault, `${site.vault}-away`);
  await expect(site.sync()).rejects.toMatchObject({ code: 'VAULT_UNREACHABLE' });
  renameSync(`${site.vault}-away`, site.vault);
  expect(await site.sync()).toMatchObject({ kind: 'cycle', sentBytes: 0 });
});
