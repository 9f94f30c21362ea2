import { lazy, Suspense } from 'react';
import { Loading } from '../components/loading.tsx';
import type { Route } from '../router.ts';
import { useSite } from '../stores/site-store.ts';
import { needsFirstRun, useFirstRun } from '../views/first-run/needs-first-run.ts';
import { Overview } from '../views/overview/overview.tsx';
import { ViewBoundary } from './view-boundary.tsx';

const FirstRun = lazy(async () => ({ default: (await import('../views/first-run/first-run.tsx')).FirstRun }));
const VmPage = lazy(async () => ({ default: (await import('../views/vm/vm-page.tsx')).VmPage }));
const Protect = lazy(async () => ({
  default: (await import('../views/protect/protect-wizard.tsx')).ProtectWizard,
}));
const Jobs = lazy(async () => ({ default: (await import('../views/jobs/jobs.tsx')).Jobs }));
const Events = lazy(async () => ({ default: (await import('../views/events/events.tsx')).Events }));
const Alerts = lazy(async () => ({ default: (await import('../views/alerts/alerts.tsx')).Alerts }));
const Vaults = lazy(async () => ({ default: (await import('../views/vaults/vaults.tsx')).Vaults }));
const Settings = lazy(async () => ({ default: (await import('../views/settings/settings.tsx')).Settings }));

const View = ({ route }: { readonly route: Route }) => {
  const firstRun = useSite(needsFirstRun);
  const skipped = useFirstRun((state) => state.skipped);
  switch (route.view) {
    case 'overview':
      return firstRun && !skipped ? <FirstRun /> : <Overview />;
    case 'vm':
      return <VmPage key={route.id} id={route.id} tab={route.tab} />;
    case 'protect':
      return <Protect key={route.vms.join()} vms={route.vms} />;
    case 'jobs':
      return <Jobs key={route.job} opened={route.job} />;
    case 'events':
      return <Events />;
    case 'alerts':
      return <Alerts />;
    case 'vaults':
      return <Vaults />;
    case 'settings':
      return <Settings />;
  }
};

/** The view that the address names. All but the overview are loaded when first shown. */
export const Views = ({ route }: { readonly route: Route }) => (
  <ViewBoundary key={route.view}>
    <Suspense fallback={<Loading />}>
      <View route={route} />
    </Suspense>
  </ViewBoundary>
);
