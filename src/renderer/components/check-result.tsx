import type { VaultCheckReport } from '../../contract/vault-reports.ts';
import { isWordKey, t } from '../i18n/words.ts';
import { CheckList } from './check-list.tsx';

/** A right in the page's words. */
const rightName = (right: string): string => {
  const key = `right.${right}`;
  return isWordKey(key) ? t(key) : right;
};

const missingRights = ({ checks }: VaultCheckReport): string =>
  checks
    .filter(({ passed }) => !passed)
    .map(({ right }) => rightName(right))
    .join(', ');

/** What a check of a vault found, right by right, the missing ones named first. */
export const CheckResult = ({ report }: { readonly report: VaultCheckReport }) => (
  <>
    <p className={report.passed ? undefined : 'critical-text'}>
      {report.passed ? t('vaults.checkPassed') : t('vaults.checkFailed', { rights: missingRights(report) })}
    </p>
    <CheckList
      checks={report.checks.map(({ right, passed, detail }) => ({
        name: rightName(right),
        outcome: passed ? 'pass' : 'fail',
        detail,
        fix: null,
      }))}
    />
  </>
);
