import { describe, expect, it } from 'vitest';
import type { EventFilter } from '../../src/contract/event-filter.ts';
import { eventFits } from '../../src/contract/event-fits.ts';

const event = {
  id: 7,
  at: '2026-03-01T10:00:00.000Z',
  level: 'warning',
  code: 'VAULT_UNREACHABLE',
  class: 'recoverable',
  vmId: 'id-1',
  vm: 'Mail',
  disk: 'system.vhdx',
  text: 'The share is away.',
} as const;

describe('an event', () => {
  it.each<EventFilter>([
    {},
    { level: 'info' },
    { level: 'warning' },
    { code: 'VAULT_UNREACHABLE' },
    { vm: 'mail' },
    { vm: 'id-1' },
    { since: '2026-03-01T11:00:00+01:00' },
    { text: 'SHARE' },
    { text: 'system.v' },
    { level: 'warning', vm: 'Mail', text: 'away' },
  ])('fits %j', (filter) => {
    expect(eventFits(event, filter)).toBe(true);
  });

  it.each<EventFilter>([
    { level: 'error' },
    { code: 'VAULT_FULL' },
    { vm: 'Mai' },
    { since: '2026-03-01T10:00:01Z' },
    { text: 'disk' },
    { level: 'warning', vm: 'Web' },
  ])('does not fit %j', (filter) => {
    expect(eventFits(event, filter)).toBe(false);
  });
});
