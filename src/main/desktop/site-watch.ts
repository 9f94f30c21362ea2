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

/** Knows the newest status of every protected VM. */
export class SiteWatch {
  readonly #client: ConsoleClient;
  readonly #onSummary: (summary: SiteSummary) => void;
  #statuses = new Map<string, VmStatus>();
  #told = '';

  /** `onSummary` is called when the site stands differently. */
  constructor(client: ConsoleClient, onSummary: (summary: SiteSummary) => void) {
    this.#client = client;
    this.#onSummary = onSummary;
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
    if (push.kind === 'status') this.#statuses.set(push.status.id, push.status);
    else if (push.kind === 'unprotected') this.#statuses.delete(push.vmId);
    else return;
    this.#tell();
  }

  #tell(): void {
    const summary = summaryOf(this.statuses);
    const text = JSON.stringify(summary);
    if (text === this.#told) return;
    this.#told = text;
    this.#onSummary(summary);
  }
}
