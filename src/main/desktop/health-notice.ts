import type { VmStatus } from '../../contract/reports.ts';
import type { SiteChange } from './site-watch.ts';
import { type DesktopWords, fill } from './words.ts';

export interface Notice {
  readonly vmId: string;
  readonly title: string;
  readonly body: string;
}

/** A pause and a first copy are Warning too, but nobody need be called for them. */
const trouble = ({ health, healthReasons }: VmStatus): 'trouble' | 'warning' | null => {
  if (health === 'Critical') return 'trouble';
  return health === 'Warning' && healthReasons.some(({ code }) => code !== undefined) ? 'warning' : null;
};

/** What to tell somebody who does not look at the window; null for what is no news. */
export const noticeOf = (words: DesktopWords, { before, after }: SiteChange): Notice | null => {
  const then = before === null ? null : trouble(before);
  const now = trouble(after);
  const { id: vmId, name: vm, health, healthReasons } = after;
  if (now !== null && now !== then && then !== 'trouble') {
    const reason = healthReasons.find(({ code }) => code !== undefined) ?? healthReasons[0];
    return { vmId, title: fill(words[now], { vm }), body: reason?.text ?? '' };
  }
  if (then !== null && health === 'Normal')
    return { vmId, title: fill(words.well, { vm }), body: words.wellBody };
  return null;
};
