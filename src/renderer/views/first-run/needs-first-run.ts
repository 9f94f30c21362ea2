import { create } from 'zustand';
import type { SiteState } from '../../stores/site-store.ts';

/** Whether the steps were left for later; they come again with the next visit. */
export const useFirstRun = create<{ readonly skipped: boolean }>(() => ({ skipped: false }));

/** Nothing can be protected yet: there is no host, or no vault and nothing protected. */
export const needsFirstRun = ({ host, vaults, statuses }: SiteState): boolean =>
  statuses.size === 0 && (host === 'none' || (host !== null && vaults?.length === 0));
