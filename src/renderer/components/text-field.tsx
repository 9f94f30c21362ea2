import { Field, Input, type InputProps } from '@fluentui/react-components';

interface TextFieldProps {
  readonly label: string;
  readonly help?: string;
  readonly value: string;
  /** What is wrong with it; null when nothing is. */
  readonly problem?: string | null;
  readonly type?: NonNullable<InputProps['type']>;
  readonly short?: boolean;
  onChange(value: string): void;
}

/** A line to type; what is wrong with it stands beside it while typing. */
export const TextField = ({ label, help, value, problem = null, type, short, onChange }: TextFieldProps) => (
  <Field
    label={label}
    {...(help === undefined ? {} : { hint: help })}
    {...(problem === null ? {} : { validationState: 'error' as const, validationMessage: problem })}
  >
    <Input
      value={value}
      spellCheck={false}
      // A browser fills in no other site's password, and keeps none of these.
      autoComplete={type === 'password' ? 'new-password' : 'off'}
      {...(type === undefined ? {} : { type })}
      {...(short === true ? { className: 'short-input' } : {})}
      onChange={(_event, data) => onChange(data.value)}
    />
  </Field>
);
