import type { Health } from '../../contract/model.ts';
import { healthWords } from '../words.ts';

const iconPaths: Readonly<Record<Health, string>> = {
  Normal: 'M3.5 8.5l3 3 6-7',
  Warning: 'M8 2.5l6 11H2zM8 7v3M8 12v.01',
  Critical: 'M4 4l8 8M12 4l-8 8',
};

/** Health as colour, icon and word. */
export const HealthBadge = ({ health }: { readonly health: Health }) => (
  <span className={`health health-${health.toLowerCase()}`}>
    <svg viewBox="0 0 16 16" width="16" height="16" aria-hidden="true">
      <path d={iconPaths[health]} />
    </svg>
    {healthWords[health]}
  </span>
);
