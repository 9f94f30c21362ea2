import { describe, expect, it } from 'vitest';
import { hrefOf, parseRoute, type Route } from '../../src/renderer/router.ts';

describe('the address of a view', () => {
  it.each([
    { view: 'overview' },
    { view: 'vm', id: 'a/b #%<script>', tab: 'disks' },
    { view: 'vm', id: 'x', tab: 'points' },
    { view: 'protect', vms: [] },
    { view: 'protect', vms: ['a', 'b/c'] },
    { view: 'jobs', job: null },
    { view: 'jobs', job: 12 },
    { view: 'events' },
    { view: 'vaults' },
    { view: 'settings' },
  ] satisfies readonly Route[])('of %j leads back to it', (route) => {
    expect(parseRoute(hrefOf(route))).toEqual(route);
  });

  it.each(['', '#', '#/', '#/nothing', '#/vm', '#/vm/', '#token=abc', '#/%E0%A4%A'])(
    'that is not one (%j) is the overview',
    (hash) => expect(parseRoute(hash)).toEqual({ view: 'overview' }),
  );

  it('of a part of a VM that is not there is its disks', () => {
    expect(parseRoute('#/vm/x/nothing')).toEqual({ view: 'vm', id: 'x', tab: 'disks' });
  });
});
