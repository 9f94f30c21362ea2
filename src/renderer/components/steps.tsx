import { Checkmark16Filled } from '@fluentui/react-icons';

interface StepsProps {
  readonly label: string;
  readonly titles: readonly string[];
  /** Index of the step that is open. */
  readonly current: number;
}

/** Where one is on the way. */
export const Steps = ({ label, titles, current }: StepsProps) => (
  <ol className="steps" aria-label={label}>
    {titles.map((title, index) => (
      <li
        key={title}
        className={index < current ? 'step-done' : index === current ? 'step-current' : ''}
        aria-current={index === current ? 'step' : undefined}
      >
        <span className="step-number" aria-hidden="true">
          {index < current ? <Checkmark16Filled /> : index + 1}
        </span>
        {title}
      </li>
    ))}
  </ol>
);
