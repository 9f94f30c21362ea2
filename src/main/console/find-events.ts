import { ReplicationError } from '../../contract/errors.ts';
import { eventFits } from '../../contract/event-fits.ts';
import type { EventReport } from '../../contract/reports.ts';
import type { CheckedParams } from '../../contract/requests.ts';
import { eventReport } from '../replication/reports/event-log.ts';
import type { ConsoleContext } from './console-context.ts';
import { findProtected } from './vm-status.ts';

const defaultLimit = 200;

/**
 * The newest `limit` events that fit, or with `sinceId` the oldest of those after it; oldest first. The list is bounded, so
 * it is gone through as it is.
 * @throws VM_NOT_PROTECTED for a VM that neither is protected nor ever had an event
 */
export const findEvents = (
  context: ConsoleContext,
  { limit = defaultLimit, sinceId, ...filter }: CheckedParams<'events'>,
): EventReport[] => {
  const isPlain = Object.values(filter).every((value) => value === undefined);
  if (isPlain) return context.store.events.list({ limit, sinceId }).map(eventReport);
  const all = context.store.events.list({ sinceId }).map(eventReport);
  const fitting = all.filter((event) => eventFits(event, filter));
  if (fitting.length === 0 && filter.vm !== undefined) requireKnown(context, filter.vm);
  return sinceId === undefined ? fitting.slice(-limit) : fitting.slice(0, limit);
};

/** A misspelt name should not look like a VM to which nothing happened. */
const requireKnown = (context: ConsoleContext, vm: string): void => {
  try {
    findProtected(context, vm);
  } catch (error) {
    const isAmbiguous = error instanceof ReplicationError && error.code === 'VM_AMBIGUOUS';
    const isKnown = context.store.events.list().some((event) => eventFits(eventReport(event), { vm }));
    if (!isAmbiguous && !isKnown) throw error;
  }
};
