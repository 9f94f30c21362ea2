/** In the order of a calendar week that begins on Monday; ISO 8601 numbers them 1–7. */
export const weekdays = ['mon', 'tue', 'wed', 'thu', 'fri', 'sat', 'sun'] as const;
export type Weekday = (typeof weekdays)[number];
