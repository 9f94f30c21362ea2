/** A moment for people, to the minute, in a zone that is the same for every reader: `2026-11-20 22:00 UTC`. */
export const utcMinute = (at: string | number): string =>
  `${new Date(at).toISOString().slice(0, 16).replace('T', ' ')} UTC`;
