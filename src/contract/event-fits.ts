import type { EventFilter } from './event-filter.ts';
import { type EventReport, eventLevels } from './reports.ts';

/** Whether an event is one of those asked for. */
export const eventFits = (
  event: EventReport,
  { level, code, vm, since, text: part }: EventFilter,
): boolean => {
  const vmKey = vm?.toLowerCase();
  const words = part?.toLowerCase();
  return (
    (level === undefined || eventLevels.indexOf(event.level) >= eventLevels.indexOf(level)) &&
    (code === undefined || event.code === code) &&
    (vmKey === undefined || event.vmId === vm || event.vm?.toLowerCase() === vmKey) &&
    (since === undefined || Date.parse(event.at) >= Date.parse(since)) &&
    (words === undefined ||
      [event.text, event.vm, event.disk].some((field) => field?.toLowerCase().includes(words)))
  );
};
