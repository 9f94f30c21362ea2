import {
  AlertOn20Filled,
  AlertOn20Regular,
  History20Filled,
  History20Regular,
  Home20Filled,
  Home20Regular,
  Settings20Filled,
  Settings20Regular,
  Storage20Filled,
  Storage20Regular,
  TaskListSquareLtr20Filled,
  TaskListSquareLtr20Regular,
} from '@fluentui/react-icons';
import { t } from '../i18n/words.ts';
import { hrefOf, type Route } from '../router.ts';

const entries = [
  { key: 'overview', to: { view: 'overview' }, icon: Home20Regular, chosen: Home20Filled },
  {
    key: 'jobs',
    to: { view: 'jobs', job: null },
    icon: TaskListSquareLtr20Regular,
    chosen: TaskListSquareLtr20Filled,
  },
  { key: 'alerts', to: { view: 'alerts' }, icon: AlertOn20Regular, chosen: AlertOn20Filled },
  { key: 'events', to: { view: 'events' }, icon: History20Regular, chosen: History20Filled },
  { key: 'vaults', to: { view: 'vaults' }, icon: Storage20Regular, chosen: Storage20Filled },
  { key: 'settings', to: { view: 'settings' }, icon: Settings20Regular, chosen: Settings20Filled },
] as const;

/** A VM and the wizard belong to the overview. */
const isIn = (view: Route['view'], key: (typeof entries)[number]['key']): boolean =>
  view === key || (key === 'overview' && (view === 'vm' || view === 'protect'));

/** The way between the views. */
export const Navigation = ({ view }: { readonly view: Route['view'] }) => (
  <nav aria-label={t('nav.label')}>
    {entries.map(({ key, to, icon, chosen }) => {
      const current = isIn(view, key);
      const Icon = current ? chosen : icon;
      return (
        <a key={key} href={hrefOf(to)} aria-current={current ? 'page' : undefined}>
          <Icon aria-hidden="true" />
          <span>{t(`nav.${key}`)}</span>
        </a>
      );
    })}
  </nav>
);
