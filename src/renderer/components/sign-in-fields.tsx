import { Field, Select } from '@fluentui/react-components';
import { t } from '../i18n/words.ts';
import {
  fieldsOf,
  isSecret,
  type SignInDraft,
  type SignInField,
  signInProblem,
  signInWays,
} from './sign-in-draft.ts';
import { TextField } from './text-field.tsx';

interface SignInFieldsProps {
  readonly draft: SignInDraft;
  readonly nowMs: number;
  /** What the engine said, and of which field. */
  readonly refusal: { readonly field: SignInField; readonly message: string } | null;
  onChange(draft: SignInDraft): void;
}

/** How to sign in to a storage account, and what that way needs. Secrets can be given, never seen. */
export const SignInFields = ({ draft, nowMs, refusal, onChange }: SignInFieldsProps) => {
  const { way } = draft;
  const problemOf = (field: SignInField): string | null => {
    const key = signInProblem(draft, field, nowMs);
    if (key !== null) return t(key);
    return refusal?.field === field ? refusal.message : null;
  };
  return (
    <>
      <Field label={t('signIn.way')} hint={t(`signIn.help.${way}`)}>
        <Select
          value={way}
          onChange={(_event, { value }) =>
            onChange({ ...draft, way: signInWays.find((known) => known === value) ?? way })
          }
        >
          {signInWays.map((each) => (
            <option key={each} value={each}>
              {t(`signIn.way.${each}`)}
            </option>
          ))}
        </Select>
      </Field>
      {fieldsOf[way].map(({ field, optional = false }) => (
        <TextField
          key={field}
          label={optional ? t('common.optional', { field: t(`signIn.${field}`) }) : t(`signIn.${field}`)}
          help={t(`signIn.${field}Help`)}
          value={draft[field]}
          problem={problemOf(field)}
          {...(isSecret(field) ? { type: 'password' as const } : {})}
          onChange={(value) => onChange({ ...draft, [field]: value })}
        />
      ))}
    </>
  );
};
