import { copyFileSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { namedBy } from '../../../src/main/console/named-by.ts';
import { engineSite } from '../../support/engine-site.ts';

const makeSite = engineSite();

const things = [
  { id: '1', name: 'case1' },
  { id: '2', name: 'Case1' },
  { id: '3', name: 'other' },
  { id: '4', name: '3' },
];
const ids = (key: string) => namedBy(key, things, (thing) => thing).map(({ id }) => id);

describe('a name that somebody typed', () => {
  it('means the id, else the exact name, else the name in whatever case', () => {
    expect(ids('case1')).toEqual(['1']);
    expect(ids('Case1')).toEqual(['2']);
    expect(ids('CASE1')).toEqual(['1', '2']);
    expect(ids('OTHER')).toEqual(['3']);
    expect(ids('3')).toEqual(['3']);
    expect(ids('none')).toEqual([]);
  });

  it.skipIf(process.platform === 'win32')(
    'finds a VM and a disk whose names differ only by case',
    async () => {
      const site = makeSite();
      await site.prepare();
      mkdirSync(join(site.host, 'srv1'));
      copyFileSync(site.disk('system.vhdx'), join(site.host, 'srv1', 'system.vhdx'));
      for (const vm of ['srv1', 'SRV1'])
        expect((await site.console.request('vm.show', { vm })).path).toBe(join(site.host, vm));
      await expect(site.console.request('vm.show', { vm: 'Srv1' })).rejects.toMatchObject({
        code: 'VM_AMBIGUOUS',
      });

      copyFileSync(site.disk('data.vhd'), site.disk('DATA.vhd'));
      const exclude = ['DATA.vhd'];
      const { status } = await site.console.request('protect', { vm: 'SRV1', vault: 'nas', exclude });
      expect(status!.disks.filter(({ excluded }) => excluded).map(({ name }) => name)).toEqual(exclude);
      await site.console.request('protect', { vm: 'srv1', vault: 'nas' });
      expect((await site.console.request('status', { vm: 'srv1' })).vms).toMatchObject([{ name: 'srv1' }]);
      const misspelt = { vm: 'srv1', vault: 'nas', exclude: ['nothing'], checkOnly: true };
      await expect(site.console.request('protect', misspelt)).rejects.toMatchObject({
        code: 'DISK_NOT_IN_VM',
      });
    },
  );
});
