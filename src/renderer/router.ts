import { useSyncExternalStore } from 'react';

export const vmTabs = [
  'disks',
  'timeline',
  'charts',
  'resync',
  'points',
  'statistics',
  'events',
  'settings',
] as const;
export type VmTab = (typeof vmTabs)[number];

/** Where the page is: what stands behind `#` in its address, so that reload, back and forward work. */
export type Route =
  | { readonly view: 'overview' | 'alerts' | 'events' | 'vaults' | 'settings' }
  | { readonly view: 'jobs'; readonly job: number | null }
  | { readonly view: 'protect'; readonly vms: readonly string[] }
  | { readonly view: 'vm'; readonly id: string; readonly tab: VmTab };

const isVmTab = (text: string | undefined): text is VmTab =>
  text !== undefined && (vmTabs as readonly string[]).includes(text);

const decode = (part: string): string => {
  try {
    return decodeURIComponent(part);
  } catch {
    // Typed by hand and not an encoding of anything.
    return part;
  }
};

/** The route of an address; what is not known is the overview. */
export const parseRoute = (hash: string): Route => {
  const [view, ...parts] = hash.replace(/^#\/?/, '').split('/').map(decode);
  switch (view) {
    case 'vm':
      return parts[0]
        ? { view, id: parts[0], tab: isVmTab(parts[1]) ? parts[1] : 'disks' }
        : { view: 'overview' };
    case 'protect':
      return { view, vms: parts.filter((part) => part !== '') };
    case 'jobs':
      return { view, job: /^\d+$/.test(parts[0] ?? '') ? Number(parts[0]) : null };
    case 'alerts':
    case 'events':
    case 'vaults':
    case 'settings':
      return { view };
    default:
      return { view: 'overview' };
  }
};

/** The address of a route. */
export const hrefOf = (route: Route): string => {
  const join = (...parts: readonly (string | number)[]) =>
    `#/${parts.map((part) => encodeURIComponent(part)).join('/')}`;
  switch (route.view) {
    case 'overview':
      return '#/';
    case 'vm':
      return route.tab === 'disks' ? join('vm', route.id) : join('vm', route.id, route.tab);
    case 'protect':
      return join('protect', ...route.vms);
    case 'jobs':
      return route.job === null ? join('jobs') : join('jobs', route.job);
    default:
      return join(route.view);
  }
};

export const goTo = (route: Route): void => {
  location.hash = hrefOf(route);
};

const subscribe = (listener: () => void): (() => void) => {
  addEventListener('hashchange', listener);
  return () => removeEventListener('hashchange', listener);
};

/** The address behind `#`; parse it with `parseRoute`. */
export const useHash = (): string => useSyncExternalStore(subscribe, () => location.hash);
