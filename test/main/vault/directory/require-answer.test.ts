import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { requireAnswer } from '../../../../src/main/vault/directory/require-answer.ts';
import { FakeClock } from '../../../support/fake-clock.ts';
import { temporaryFolder } from '../../../support/temporary-folder.ts';

const folder = temporaryFolder();

describe('a directory of a vault', () => {
  it('that answers, be it that nothing is there, is let through', async () => {
    const clock = new FakeClock();
    await requireAnswer(folder(), { clock });
    await requireAnswer(join(folder(), 'absent'), { clock });
  });

  it('on a share that has died is unreachable after 5 seconds, and is asked once until it comes back', async () => {
    const clock = new FakeClock();
    let asked = 0;
    const { promise, resolve: comeBack } = Promise.withResolvers<void>();
    const ask = () => {
      asked += 1;
      return promise;
    };
    for (let round = 0; round < 3; round += 1) {
      const outcome = requireAnswer('/dead/share', { clock, ask }).catch((error) => error);
      await clock.advance(5_000);
      expect(await outcome).toMatchObject({ code: 'VAULT_UNREACHABLE', file: '/dead/share' });
    }
    expect(asked).toBe(1);
    comeBack();
    await requireAnswer('/dead/share', { clock, ask });
    await requireAnswer('/dead/share', { clock, ask });
    expect(asked).toBe(2);
  });
});
