import { renameSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { engineSite, mebibyte } from '../../support/engine-site.ts';

const makeSite = engineSite();

describe('waiting for a resynchronization in an engine that does not replicate by itself', () => {
  it('ends when it waits for a retry that nobody would make, and goes on when it is asked for again', async () => {
    const site = makeSite();
    await site.protect();
    await site.write('system.vhdx', 30 * mebibyte, 0x70);
    renameSync(site.vault, `${site.vault}-away`);
    const { id } = await site.console.request('resync', { vm: 'SRV1' });
    expect(await site.failure(id)).toMatchObject({
      state: 'waitingForRetry',
      error: { code: 'VAULT_UNREACHABLE' },
    });
    renameSync(`${site.vault}-away`, site.vault);
    const again = await site.console.request('resync', { vm: 'SRV1' });
    // Whoever follows the job must not take the failure before for that of the attempt asked for now.
    expect(again).toMatchObject({ id, state: 'queued', error: null, nextAttemptAt: null });
    expect(await site.failure(again.id)).toMatchObject({ state: 'succeeded', error: null });
    expect(await site.verify()).toMatchObject({ identical: true });
  });
});

describe('waiting for a first copy in an engine that does not replicate by itself', () => {
  it('makes one attempt each time, and tells what came of that one', async () => {
    const site = makeSite();
    await site.prepare();
    const { job } = await site.console.request('protect', { vm: 'SRV1', vault: 'nas' });
    renameSync(site.vault, `${site.vault}-away`);
    const failed = { state: 'waitingForRetry', error: { code: 'VAULT_UNREACHABLE' } };
    expect(await site.failure(job!.id)).toMatchObject(failed);
    expect((await site.status()).retry).toMatchObject({ attempts: 1 });
    expect(await site.failure(job!.id)).toMatchObject(failed);
    expect((await site.status()).retry).toMatchObject({ attempts: 2 });
    renameSync(`${site.vault}-away`, site.vault);
    expect(await site.failure(job!.id)).toMatchObject({ state: 'succeeded', error: null });
  });
});
