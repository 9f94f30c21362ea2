import { afterAll, beforeAll, expect, it } from 'vitest';
import { AzureSite, isPageWrite } from '../../support/azure-site.ts';

let at: AzureSite;
beforeAll(async () => {
  at = await AzureSite.open();
});
afterAll(() => at.close());

/** The most page writes that were in flight at once while work was done. */
const mostAtOnce = async (work: () => Promise<unknown>): Promise<number> => {
  let now = 0;
  let most = 0;
  at.proxy.reset();
  at.proxy.fate = (request) => {
    if (!isPageWrite(request)) return 'pass';
    now += 1;
    most = Math.max(most, now);
    return 'slow';
  };
  at.proxy.answered = (request) => {
    if (isPageWrite(request)) now -= 1;
  };
  await work();
  at.proxy.reset();
  return most;
};

it('a VM’s own number of requests at once goes before that of the settings, until it is taken back', async () => {
  const { console } = at.site;
  const change = async (uploadThreads: number | null): Promise<unknown> => {
    const { id } = await console.request('protection.change', { vm: 'SRV1', uploadThreads });
    return at.site.finish(id);
  };
  const cycle = async (): Promise<number> => {
    await at.write(12);
    return mostAtOnce(() => at.site.sync());
  };
  const { job } = await console.request('protect', { vm: 'SRV1', vault: 'cloud', uploadThreads: 1 });
  expect(await mostAtOnce(() => at.site.finish(job!.id))).toBe(1);
  expect(await at.site.status()).toMatchObject({ uploadThreads: 1 });
  expect(await change(8)).toMatchObject({ uploadThreads: 8 });
  expect(await cycle()).toBe(8);
  expect(await change(null)).toMatchObject({ uploadThreads: null });
  await console.request('settings.change', { upload: { threads: 2 } });
  expect(await cycle()).toBe(2);
  expect(await at.isIdentical()).toBe(true);
  const events = await console.request('events', { text: 'policy' });
  expect(events[0]?.text).toContain('8 requests at once to a storage account instead of one request');
});
