import type { Clock } from '../platform/clock.ts';
import { elapsedMs } from '../platform/clock.ts';
import { openAnsweringVault } from '../vault/open-vault.ts';
import type { VaultSpec } from '../workers/protocol.ts';

/** A vault that answered is not asked again for so long, milliseconds: however many VMs, it is one request a minute. */
const freshMs = 60_000;

/**
 * Whether vaults are there, for cycles that have nothing to send. Without the question a VM that stands still would be
 * called well for as long as its vault is unplugged.
 */
export class VaultPresence {
  private readonly clock: Pick<Clock, 'now'>;
  private readonly spec: (name: string) => VaultSpec;
  private readonly answeredAtMs = new Map<string, number>();
  private readonly asking = new Map<string, Promise<void>>();

  constructor(clock: Pick<Clock, 'now'>, spec: (name: string) => VaultSpec) {
    this.clock = clock;
    this.spec = spec;
  }

  /** Asks the vault, unless it answered within the past minute. @throws ReplicationError VAULT_* */
  async require(name: string): Promise<void> {
    const answeredAtMs = this.answeredAtMs.get(name);
    if (answeredAtMs !== undefined && elapsedMs(this.clock, answeredAtMs) < freshMs) return;
    await this.ask(name);
  }

  /** Asks the vault; who asks at the same time gets the same answer. @throws ReplicationError VAULT_* */
  ask(name: string): Promise<void> {
    const running = this.asking.get(name);
    if (running !== undefined) return running;
    const asked = this.answer(name).finally(() => this.asking.delete(name));
    this.asking.set(name, asked);
    return asked;
  }

  private async answer(name: string): Promise<void> {
    this.answeredAtMs.delete(name);
    const vault = await openAnsweringVault(this.spec(name));
    try {
      await vault.info();
    } finally {
      await vault.close();
    }
    this.answeredAtMs.set(name, this.clock.now());
  }
}
