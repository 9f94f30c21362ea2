import { CheckmarkCircle16Regular, DismissCircle16Filled, Warning16Filled } from '@fluentui/react-icons';
import type { CheckOutcome, PrerequisiteCheck } from '../../contract/prerequisites.ts';
import { t } from '../i18n/words.ts';
import { engineSays } from '../said-by-engine.ts';

const icons = {
  pass: CheckmarkCircle16Regular,
  warning: Warning16Filled,
  fail: DismissCircle16Filled,
} as const;
const styles = { pass: '', warning: 'warning-text', fail: 'critical-text' } as const;
const words = { pass: 'protect.passed', warning: 'protect.warned', fail: 'protect.failed' } as const;

type ShownCheck = Pick<PrerequisiteCheck, 'name' | 'detail' | 'fix'> & { readonly outcome: CheckOutcome };

/** What was checked, each with its outcome, and how to put it right. */
export const CheckList = ({ checks }: { readonly checks: readonly ShownCheck[] }) => (
  <ul className="checks">
    {checks.map(({ name, outcome, detail, fix }) => {
      const Icon = icons[outcome];
      return (
        <li key={`${name} ${detail}`} className={styles[outcome]}>
          <Icon aria-hidden="true" />
          <span>
            {engineSays(name)} <span className="unseen">{t(words[outcome])}</span>
            <span className="note"> {detail}</span>
            {fix === null ? null : <span className="check-fix">{engineSays(fix)}</span>}
          </span>
        </li>
      );
    })}
  </ul>
);
