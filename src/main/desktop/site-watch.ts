import type { ConsoleClient } from '../../contract/client.ts';
import type { EnginePush } from '../../contract/events.ts';
import type { Health } from '../../contract/model.ts';
import type { VmStatus } from '../../contract/reports.ts';

/** How the site stands, for an icon and a line. */
export interface SiteSummary {
  readonly health: Health;
  readonly protectedVms: number;
  readonly pausedVms: number;
  /** Names of the VMs in the worst health, when that is not Normal. */
  readonly troubled: readonly string[];
}

const ranks: Readonly<Record<Health, number>> = { Normal: 0, Warning: 1, Critical: 2 };

export const summaryOf = (statuses: readonly VmStatus[]): SiteSummary => {
  const health = statuses.reduce<Health>(
    (worst, vm) => (ranks[vm.health] > ranks[worst] ? vm.health : worst),
    'Normal',
  );
  return {
    health,
    protectedVms: statuses.length,
    pausedVms: statuses.filter(({ paused }) => paused).length,
    troubled:
      health === 'Normal' ? [] : statuses.filter((vm) => vm.health === health).map(({ name }) => name),
  };
};

export interface SiteChange {
  readonly before: VmStatus | null;
  readonly after: VmStatus;
}

export interface SiteListener {
  /** The site stands differently now. */
  onSummary(summary: SiteSummary): void;
  /** A VM was heard of; not for what is found at the beginning. */
  onChange(change: SiteChange): void;
}

/** Knows the newest status of every protected VM. */
export class SiteWatch {
  readonly #client: ConsoleClient;
  readonly #listener: SiteListener;
  #statuses = new Map<string, VmStatus>();
  #told = '';

  constructor(client: ConsoleClient, listener: SiteListener) {
    this.#client = client;
    this.#listener = listener;
    client.subscribe((push) => this.#take(push));
  }

  get statuses(): readonly VmStatus[] {
    return [...this.#statuses.values()];
  }

  /** Asks for everything: at the beginning, and when another engine took over. */
  async refresh(): Promise<void> {
    const { vms } = await this.#client.request('status', {});
    this.#statuses = new Map(vms.map((vm) => [vm.id, vm]));
    this.#tell();
  }

  #take(push: EnginePush): void {
    if (push.kind === 'status') {
      const before = this.#statuses.get(push.status.id) ?? null;
      this.#statuses.set(push.status.id, push.status);
      this.#listener.onChange({ before, after: push.status });
    } else if (push.kind === 'unprotected') this.#statuses.delete(push.vmId);
    else return;
    this.#tell();
  }

  #tell(): void {
    const summary = summaryOf(this.statuses);
    const text = JSON.stringify(summary);
    if (text === this.#told) return;
    this.#told = text;
    this.#listener.onSummary(summary);
  }
}
