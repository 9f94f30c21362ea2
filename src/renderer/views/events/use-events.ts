import { useEffect, useState } from 'react';
import type { EventFilter } from '../../../contract/event-filter.ts';
import { eventFits } from '../../../contract/event-fits.ts';
import type { EventReport } from '../../../contract/reports.ts';
import { ask } from '../../stores/engine.ts';
import { rememberedEvents, useSite } from '../../stores/site-store.ts';
import { showProblem } from '../../stores/ui-store.ts';

/** While somebody types the engine is not asked for every letter. */
const settleMs = 250;

/**
 * The events that fit, oldest first: those the page remembers at once, older ones as soon as the engine has found them,
 * new ones as they come. Null until the engine told.
 */
export const useEvents = (filter: EventFilter): readonly EventReport[] | null => {
  const events = useSite((site) => site.events);
  const [older, setOlder] = useState<readonly EventReport[]>([]);
  const key = JSON.stringify(filter);
  // biome-ignore lint/correctness/useExhaustiveDependencies: the key says all of the filter
  useEffect(() => {
    let current = true;
    const timer = setTimeout(() => {
      ask('events', { ...filter, limit: rememberedEvents }).then(
        (found) => current && setOlder(found),
        showProblem,
      );
    }, settleMs);
    return () => {
      current = false;
      clearTimeout(timer);
    };
  }, [key]);
  if (events === null) return null;
  const oldest = events[0]?.id ?? Number.POSITIVE_INFINITY;
  return [...older.filter(({ id }) => id < oldest), ...events].filter((event) => eventFits(event, filter));
};
