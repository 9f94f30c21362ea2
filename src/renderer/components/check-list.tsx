import { CheckmarkCircle16Regular, DismissCircle16Filled } from '@fluentui/react-icons';
import type { PrerequisiteCheck } from '../../contract/reports.ts';
import { t } from '../i18n/words.ts';

/** What was checked, each with its outcome. */
export const CheckList = ({ checks }: { readonly checks: readonly PrerequisiteCheck[] }) => (
  <ul className="checks">
    {checks.map(({ name, passed, detail }) => {
      const Icon = passed ? CheckmarkCircle16Regular : DismissCircle16Filled;
      return (
        <li key={`${name} ${detail}`} className={passed ? '' : 'critical-text'}>
          <Icon aria-hidden="true" />
          <span>
            {name} <span className="unseen">{passed ? t('protect.passed') : t('protect.failed')}</span>
            <span className="note"> {detail}</span>
          </span>
        </li>
      );
    })}
  </ul>
);
