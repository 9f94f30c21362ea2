import type { Health } from '../../../contract/model.ts';
import type { HealthReason } from '../../../contract/reports.ts';
import type { EventLog } from './event-log.ts';
import { healthOf, type StatusParts } from './status-report.ts';

/** Tells each change of a VM's health as an event, once, with the reasons; over restarts too. */
export class HealthWatch {
  private readonly parts: StatusParts & { readonly events: EventLog };

  constructor(parts: StatusParts & { readonly events: EventLog }) {
    this.parts = parts;
  }

  look(vmId: string): void {
    const { store, events } = this.parts;
    const vm = store.protections.get(vmId);
    if (vm === null) return;
    const { health, reasons } = healthOf(this.parts, vm);
    const isNew = isNews(reasons) ? health : 'Normal';
    const told = vm.toldHealth ?? 'Normal';
    if (isNew === told) return;
    store.protections.put({ ...vm, toldHealth: isNew });
    const code = reasons.find((reason) => reason.code !== undefined)?.code;
    const subject = { vmId, vm: vm.name, ...(code === undefined ? {} : { code }) };
    // Not as an error: what went wrong was told as one, and is counted by it.
    if (isNew === 'Normal') events.info(sentence(vm.name, isNew, []), { vmId, vm: vm.name });
    else events.warning(sentence(vm.name, isNew, reasons), subject);
  }
}

/** What runs as a person asked for, a first copy or a resynchronization, is Warning but no news. */
const isNews = (reasons: readonly HealthReason[]): boolean =>
  reasons.some(({ kind }) => kind !== 'initial' && kind !== 'resyncAsked');

const sentence = (name: string, health: Health, reasons: readonly HealthReason[]): string =>
  health === 'Normal'
    ? `The health of ${name} is Normal again.`
    : `The health of ${name} is ${health} now: ${reasons.map(({ text }) => text).join(' ')}`;
