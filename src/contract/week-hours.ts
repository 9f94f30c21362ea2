/** Hours of the week, in the local time of the machine the engine runs on. */

import { z } from 'zod';
import { weekdays } from './weekdays.ts';

const timeOfDay = z.string().regex(/^([01]\d|2[0-3]):[0-5]\d$/, 'must be a time from 00:00 to 23:59');

/**
 * On each of `days` from `from` to `to`; a span whose end is not after its start ends on the next day (18:30–06:00), and
 * one that ends when it starts lasts the whole day.
 */
export const weekHours = z.strictObject({
  days: z
    .array(z.literal(weekdays))
    .max(7)
    .refine((days) => new Set(days).size === days.length, 'must not name a day twice'),
  from: timeOfDay,
  to: timeOfDay,
});
export type WeekHours = Readonly<z.infer<typeof weekHours>>;
