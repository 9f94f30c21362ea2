import { describe, expect, it } from 'vitest';
import { checkRequest } from '../../src/contract/check-request.ts';
import { ReplicationError } from '../../src/contract/errors.ts';
import { maxPathLength } from '../../src/contract/path-problem.ts';
import { requests } from '../../src/contract/requests.ts';

const refusal = (check: () => unknown): ReplicationError => {
  try {
    check();
  } catch (error) {
    if (error instanceof ReplicationError) return error;
    throw error;
  }
  throw new Error('the request was accepted');
};

describe('checkRequest', () => {
  it('fills in what a caller may leave out', () => {
    expect(checkRequest('protect', { vm: 'Mail', vault: 'nas' })).toEqual({
      vm: 'Mail',
      vault: 'nas',
      exclude: [],
    });
  });

  it('names every field that does not fit', () => {
    const error = refusal(() =>
      checkRequest('protect', { vm: '', vault: 'nas', frequencySeconds: 60 as never }),
    );
    expect(error.code).toBe('INPUT_INVALID');
    expect(error.message).toContain('vm:');
    expect(error.message).toContain('frequencySeconds:');
  });

  it('refuses fields it does not know, so that a misspelt option is not ignored', () => {
    expect(refusal(() => checkRequest('sync', { vm: 'Mail', deeep: true })).message).toContain('deeep');
  });

  it.each(['toString', '__proto__', 'constructor', 'status.', ''])('refuses the request name %j', (name) => {
    expect(refusal(() => checkRequest(name as 'status', {})).code).toBe('INPUT_INVALID');
  });

  it.each(['/srv/vms', 'C:\\VMs', 'd:/VMs', '\\\\nas\\share\\vms', `/${'a'.repeat(maxPathLength - 1)}`])(
    'accepts the absolute path %.20s',
    (path) => {
      expect(checkRequest('host.use', { path })).toEqual({ path });
    },
  );

  it.each(['vms', './vms', '', 'C:VMs', '\\vms', '/srv\0/vms', `/${'a'.repeat(maxPathLength)}`])(
    'refuses the path %.20j',
    (path) => {
      expect(refusal(() => checkRequest('host.use', { path })).code).toBe('INPUT_INVALID');
    },
  );

  it.each(['nas', 'NAS 2', 'büro-1', 'a'.repeat(63)])('accepts the vault name %.20s', (name) => {
    expect(checkRequest('vault.check', { name })).toEqual({ name });
  });

  it.each(['', '../nas', 'a/b', 'a\\b', '.hidden', 'a'.repeat(64), 'a\nb'])(
    'refuses the vault name %.20j',
    (name) => {
      expect(refusal(() => checkRequest('vault.check', { name })).code).toBe('INPUT_INVALID');
    },
  );

  it('takes an Azure container or a directory as a vault, nothing else', () => {
    expect(checkRequest('vault.add', { name: 'a', target: 'azure:replicas' }).target).toBe('azure:replicas');
    expect(refusal(() => checkRequest('vault.add', { name: 'a', target: 'azure:X' })).code).toBe(
      'INPUT_INVALID',
    );
    expect(refusal(() => checkRequest('vault.add', { name: 'a', target: 'ftp://x' })).code).toBe(
      'INPUT_INVALID',
    );
  });

  it('refuses parameters that are no object, for every request', () => {
    for (const name of Object.keys(requests) as (keyof typeof requests)[])
      for (const params of [null, undefined, 7, 'x', [], true])
        expect(refusal(() => checkRequest(name, params)).code).toBe('INPUT_INVALID');
  });
});
