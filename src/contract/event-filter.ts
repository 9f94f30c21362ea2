/** What events are asked for by; where several are given all must fit. */

import { z } from 'zod';
import { isErrorCode } from './error-catalogue.ts';
import { eventLevels } from './reports.ts';

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
