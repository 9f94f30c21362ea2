import { formatTime } from '../format.ts';
import { t } from '../i18n/words.ts';
import { reasonWords } from '../reason-words.ts';
import { errorTitleSentence } from '../said-by-engine.ts';
import { isFirstCopy, type VmRow } from './vm-rows.ts';

const countSentence = (covered: number, all: number): string =>
  covered === all
    ? t('site.allProtected', { count: all })
    : t('site.someProtected', { count: covered, total: all });

/** What is the matter with a VM, and when it is tried again. */
export const troubleOf = (row: VmRow, nowMs: number): string | null => {
  const { status } = row;
  if (status === null || status.health === 'Normal') return null;
  const [worst] = status.healthReasons;
  // In one sentence for the whole site the error's title says enough; paths and details are on the VM's page.
  const title = worst?.code === undefined ? undefined : errorTitleSentence(worst.code);
  const reason = title ?? (worst === undefined ? t('site.needsAttention') : reasonWords(worst));
  const retry = status.retry;
  const next =
    retry === null ? '' : ` ${t('site.nextTry', { time: formatTime(retry.nextAttemptAt, nowMs) })}`;
  return `${t('site.trouble', { vm: row.name, reason })}${next}`;
};

/** The sentence on top: is everything protected, and if not, what is the matter. Rows come worst first. */
export const siteSentence = (rows: readonly VmRow[], nowMs: number): string => {
  const covered = rows.filter(({ status }) => status?.protected === true);
  const copying = covered.filter(({ status }) => status !== null && isFirstCopy(status));
  const troubled = covered.filter((row) => row.status?.health !== 'Normal' && !copying.includes(row));
  const worst = troubled[0];
  const parts = [countSentence(covered.length, rows.length)];
  if (worst !== undefined) parts.push(troubleOf(worst, nowMs) ?? '');
  if (troubled.length > 1) parts.push(t('site.otherTrouble', { count: troubled.length - 1 }));
  if (copying.length > 0)
    parts.push(t('site.copying', { count: copying.length, vm: copying[0]?.name ?? '' }));
  return parts.join(' ');
};
