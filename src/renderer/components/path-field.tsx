import { Field, Input } from '@fluentui/react-components';
import { t } from '../i18n/words.ts';

/** As the contract wants it: an absolute path of any of the supported systems. */
const absolute = /^(\/|[A-Za-z]:[\\/]|\\\\[^\\])/;

/** What is wrong with a path as far as the page can tell; null when nothing is. */
export const pathProblem = (path: string): string | null => {
  if (path.trim() === '') return t('common.pathMissing');
  return absolute.test(path.trim()) ? null : t('common.pathNotAbsolute');
};

interface PathFieldProps {
  readonly label: string;
  readonly help?: string;
  readonly value: string;
  /** What the engine said of it. */
  readonly problem?: string | null;
  readonly disabled?: boolean;
  onChange(value: string): void;
}

/** A path typed or pasted; what is wrong with it stands beside it while typing. */
export const PathField = ({ label, help, value, problem, disabled, onChange }: PathFieldProps) => {
  const wrong = value === '' ? null : pathProblem(value);
  const message = wrong ?? problem ?? null;
  return (
    <Field
      label={label}
      hint={help ?? t('common.pathHelp')}
      {...(message === null ? {} : { validationState: 'error' as const, validationMessage: message })}
    >
      <Input
        value={value}
        disabled={disabled ?? false}
        spellCheck={false}
        autoComplete="off"
        onChange={(_event, data) => onChange(data.value)}
      />
    </Field>
  );
};

/** `directory` and a name in it, with the separator that its machine uses. */
export const joinPath = (directory: string, name: string): string =>
  `${directory}${directory.includes('\\') ? '\\' : '/'}${name}`;
