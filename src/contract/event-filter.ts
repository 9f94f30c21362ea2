/** What events are asked for by; where several are given all must fit. */

import { z } from 'zod';
import { isErrorCode } from './error-catalogue.ts';
import { type EventReport, eventLevels } from './reports.ts';

const text = z.string().trim().min(1).max(260);

export const eventFilterFields = {
  /** That level and graver ones. */
  level: z.literal(eventLevels).optional(),
  code: z.string().refine(isErrorCode, 'is no code of the catalogue').optional(),
  /** Name or id of the VM, protected still or not. */
  vm: text.optional(),
  /** At that time or later, ISO 8601. */
  since: z.iso.datetime({ offset: true }).optional(),
  /** Occurs in the event's text, or its VM's or disk's name; capitals do not matter. */
  text: text.optional(),
};
const filter = z.object(eventFilterFields);
export type EventFilter = Readonly<z.infer<typeof filter>>;

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
