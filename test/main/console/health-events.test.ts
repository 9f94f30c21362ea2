import { renameSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { type EngineSite, engineSite, minuteMs } from '../../support/engine-site.ts';

const makeSite = engineSite();
const hourMs = 60 * minuteMs;

const told = async (site: EngineSite) =>
  (await site.console.request('events', { text: 'The health of' })).map(({ level, code, text }) => ({
    level,
    code,
    text,
  }));

describe('the health of a VM', () => {
  it('is told as an event when it changes, once, with the reason and its code, over restarts too', async () => {
    const site = makeSite();
    await site.protect(900);
    await site.start();
    expect(await told(site)).toEqual([]);
    renameSync(site.vault, `${site.vault}-away`);
    await site.write('system.vhdx', 0, 1);
    const { id } = await site.console.request('sync', { vm: 'SRV1' });
    await site.failure(id);
    const warning = {
      level: 'warning',
      code: 'VAULT_UNREACHABLE',
      text: expect.stringMatching(/^The health of SRV1 is Warning now: The last attempt failed: /),
    };
    expect(await told(site)).toEqual([warning]);
    const again = site.nextError('VAULT_UNREACHABLE');
    await site.console.request('retry.now', { vm: 'SRV1' });
    await again;
    expect(await told(site)).toEqual([warning]);
    await site.reopen();
    const still = site.nextError('VAULT_UNREACHABLE');
    await site.console.start();
    await site.console.request('retry.now', { vm: 'SRV1' });
    await still;
    expect(await told(site)).toEqual([warning]);
    renameSync(`${site.vault}-away`, site.vault);
    const normal = site.next(
      (push) => push.kind === 'event' && push.event.text === 'The health of SRV1 is Normal again.',
    );
    await site.console.request('retry.now', { vm: 'SRV1' });
    await normal;
    expect(await told(site)).toHaveLength(2);
  });

  it('is Warning after a night without an engine until a cycle succeeds; the statistics show what was missed', async () => {
    const site = makeSite();
    await site.protect(300);
    await site.start();
    await site.console.stop();
    await site.clock.advance(8 * hourMs);
    await site.open();
    const off = await site.status();
    expect(off.health).toBe('Warning');
    expect(off.healthReasons.map(({ kind }) => kind)).toContain('engineOff');
    expect(off.healthReasons.map(({ kind }) => kind)).not.toContain('missedCycles');
    await site.write('system.vhdx', 0, 1);
    const caughtUp = site.nextStatus(
      ({ lastCycle, activity }) => lastCycle?.changedBytes === 4096 && activity === null,
    );
    await site.console.start();
    await caughtUp;
    await site.sync();
    expect(await site.status()).toMatchObject({ health: 'Normal', healthReasons: [] });
    await site.clock.advance(6 * minuteMs);
    expect((await site.status()).health).toBe('Normal');
    expect(await told(site)).toEqual([]);
    const { history } = await site.console.request('vm.statistics', { vm: 'SRV1' });
    expect(history.reduce((sum, { cyclesMissed }) => sum + cyclesMissed, 0)).toBeGreaterThan(90);
  });
});
