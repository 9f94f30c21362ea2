import { CheckmarkCircle16Regular, ErrorCircle16Filled, Warning16Filled } from '@fluentui/react-icons';
import type { Health } from '../../contract/model.ts';
import { t } from '../i18n/words.ts';

const icons = {
  Normal: CheckmarkCircle16Regular,
  Warning: Warning16Filled,
  Critical: ErrorCircle16Filled,
} as const satisfies Record<Health, unknown>;

/** Health as colour, icon and word. */
export const HealthBadge = ({ health }: { readonly health: Health }) => {
  const Icon = icons[health];
  return (
    <span className={`health health-${health.toLowerCase()}`}>
      <Icon aria-hidden="true" />
      {t(`health.${health}`)}
    </span>
  );
};
