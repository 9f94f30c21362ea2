import { expect } from 'vitest';
import type { ErrorCode } from '../../src/contract/error-catalogue.ts';
import type { JobReport } from '../../src/contract/job-reports.ts';
import { AzureSite } from '../support/azure-site.ts';
import { minuteMs } from '../support/engine-site.ts';
import type { Fate, SeenRequest } from '../support/fault-proxy.ts';

/** What the service does, and what it must come out as; null where it does no harm. */
export const serviceFaults: readonly (readonly [string, Fate, ErrorCode | null])[] = [
  ['answers 500', { status: 500, code: 'InternalError' }, 'VAULT_UNREACHABLE'],
  ['answers 503', { status: 503, code: 'ServerBusy', headers: { 'retry-after': '5' } }, 'VAULT_UNREACHABLE'],
  ['answers 403', { status: 403, code: 'AuthorizationPermissionMismatch' }, 'VAULT_ACCESS_DENIED'],
  ['has no room left', { status: 409, code: 'AccountOverCapacity' }, 'VAULT_FULL'],
  ['breaks connections', 'break', 'VAULT_UNREACHABLE'],
  ['answers half', 'halfAnswer', 'VAULT_UNREACHABLE'],
  ['is slow', 'slow', null],
];

const mostSlowRequests = 5;

/** A storage account on which everything of a kind fails, from a certain request on. */
export class FailingAccount {
  readonly at: AzureSite;
  #copying = 0;

  private constructor(at: AzureSite) {
    this.at = at;
  }

  /** It holds a replica of SRV1, which keeps one point. */
  static async open(): Promise<FailingAccount> {
    const account = new FailingAccount(await AzureSite.open());
    await account.protect();
    await account.at.site.finish(account.#copying);
    return account;
  }

  async protect(): Promise<void> {
    this.#copying = await this.at.protect(1);
  }

  /** Requests from the `first`-th of that kind on meet with the fault, until the proxy is reset. */
  fail(fate: Fate, isMeant: (request: SeenRequest) => boolean, first: number): void {
    const { proxy } = this.at;
    let count = 0;
    proxy.reset();
    proxy.fate = (request) => {
      if (!isMeant(request)) return 'pass';
      count += 1;
      const isSlowEnough = fate === 'slow' && count >= first + mostSlowRequests;
      return count < first || isSlowEnough ? 'pass' : fate;
    };
  }

  /** Does it, or makes one attempt at the first copy; its job afterwards. */
  async attempt(what: 'initial' | 'sync' | 'resync' | 'verify'): Promise<JobReport> {
    const { site } = this.at;
    const id = what === 'initial' ? this.#copying : (await site.console.request(what, { vm: 'SRV1' })).id;
    return site.failure(id);
  }

  /** Work meets with a fault, comes out of it as it should, and is done once the fault is gone. */
  async expectOvercome(
    what: 'initial' | 'sync' | 'resync',
    [fate, code]: readonly [Fate, ErrorCode | null],
    isMeant: (request: SeenRequest) => boolean,
    first: number,
  ): Promise<void> {
    const { site, proxy } = this.at;
    if (what === 'initial') {
      await this.at.unprotect();
      await this.protect();
    } else await this.at.write();
    this.fail(fate, isMeant, first);
    const { error } = await this.attempt(what);
    expect(proxy.seen.filter(isMeant).length).toBeGreaterThanOrEqual(first);
    expect(error?.code ?? null).toBe(code);
    proxy.reset();
    if (code !== null) {
      await this.#expectRetry(code);
      expect((await this.attempt(what)).error).toBeNull();
    }
    expect(await site.status()).toMatchObject({ retry: null, resync: null });
    expect(await site.verify()).toMatchObject({ identical: true });
  }

  async #expectRetry(code: ErrorCode): Promise<void> {
    const { retry, health } = await this.at.site.status();
    if (code === 'VAULT_ACCESS_DENIED') {
      expect({ retry, health }).toEqual({ retry: null, health: 'Critical' });
      return;
    }
    expect(retry).toMatchObject({ attempts: 1, lastError: { code, vm: 'SRV1' } });
    const waitsMs = Date.parse(retry!.nextAttemptAt) - this.at.site.clock.now();
    expect(waitsMs).toBeLessThanOrEqual(minuteMs);
  }
}

export const isRemoval = ({ method, path }: SeenRequest): boolean =>
  method === 'DELETE' && path.includes('snapshot=');

/** Whether it reads a disk's content back. */
export const isRead = ({ method, path }: SeenRequest): boolean => method === 'GET' && path.includes('.vhd');

/** Whether it asks what digests are recorded. */
export const isDigestRead = ({ method, path }: SeenRequest): boolean =>
  method === 'GET' && path.includes('.digests') && !path.includes('comp=');
