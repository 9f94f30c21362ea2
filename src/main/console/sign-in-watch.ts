import { z } from 'zod';
import type { Clock } from '../platform/clock.ts';
import type { EventLog } from '../replication/reports/event-log.ts';
import type { Setting } from '../store/settings.ts';
import type { Store } from '../store/store.ts';
import { expiryOf, warningDays, warningOf } from '../vault/azure/sign-in-report.ts';
import type { SignInKeeper } from './sign-in-keeper.ts';

/** Vault id → the end that was warned of, and which warning it was. */
const warnedSetting: Setting<Record<string, { expiresAtMs: number; days: number }>> = {
  key: 'signIn.warned',
  schema: z.record(z.string(), z.object({ expiresAtMs: z.number(), days: z.number() })),
};

const dayMs = 24 * 3_600_000;
const lookMs = 3_600_000;

/** Warns of signatures that end: 14 and 3 days ahead, and when they have ended; each once. */
export class SignInWatch {
  private readonly store: Store;
  private readonly clock: Clock;
  private readonly signIns: SignInKeeper;
  private readonly events: EventLog;
  private readonly stopping = new AbortController();

  constructor(store: Store, clock: Clock, signIns: SignInKeeper, events: EventLog) {
    this.store = store;
    this.clock = clock;
    this.signIns = signIns;
    this.events = events;
  }

  /** Looks now, and every hour from then on. */
  start(): void {
    if (this.stopping.signal.aborted) return;
    this.look();
    void this.clock.wait(lookMs, this.stopping.signal).then(() => this.start());
  }

  stop(): void {
    this.stopping.abort();
  }

  /** The reason for a VM's health; null when its vault's sign-in lasts. */
  endsSoon(vaultName: string): { readonly text: string; readonly sinceMs: number } | null {
    const vault = this.store.vaults.get(vaultName);
    const access = vault?.kind === 'azure' ? this.signIns.known(vault.vaultId) : null;
    const expiresAtMs = access === null ? null : expiryOf(access);
    const days = warningOf(expiresAtMs, this.clock.now());
    if (days === null || expiresAtMs === null) return null;
    const sinceMs = days === 0 ? expiresAtMs : expiresAtMs - warningDays[1] * dayMs;
    return { text: sentence(vaultName, expiresAtMs, days), sinceMs };
  }

  private look(): void {
    const warned = this.store.settings.get(warnedSetting) ?? {};
    const next: typeof warned = {};
    for (const { name, vaultId, kind } of this.store.vaults.list()) {
      const access = kind === 'azure' ? this.signIns.known(vaultId) : null;
      const expiresAtMs = access === null ? null : expiryOf(access);
      const days = warningOf(expiresAtMs, this.clock.now());
      if (days === null || expiresAtMs === null) continue;
      const before = warned[vaultId];
      if (before?.expiresAtMs !== expiresAtMs || days < before.days) {
        this.events.warning(sentence(name, expiresAtMs, days), { code: 'VAULT_ACCESS_DENIED' });
      }
      next[vaultId] = { expiresAtMs, days };
    }
    if (JSON.stringify(next) !== JSON.stringify(warned)) this.store.settings.put(warnedSetting, next);
  }
}

const sentence = (vault: string, expiresAtMs: number, days: number): string => {
  const at = new Date(expiresAtMs).toISOString().slice(0, 16).replace('T', ' ');
  const ends = days === 0 ? 'ended' : 'ends';
  return `The signature that opens the vault ${vault} ${ends} on ${at} UTC; renew it with hvrc vault sign-in ${vault}.`;
};
