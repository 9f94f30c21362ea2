import { Checkbox, MessageBar, MessageBarBody } from '@fluentui/react-components';
import { t } from '../i18n/words.ts';
import { TextField } from './text-field.tsx';

/** The engine takes no shorter one. */
const shortestPassphrase = 8;

export interface NewPassphraseDraft {
  readonly encrypt: boolean;
  readonly passphrase: string;
  readonly again: string;
}

export const noPassphrase: NewPassphraseDraft = { encrypt: false, passphrase: '', again: '' };

export const isPassphraseReady = ({ encrypt, passphrase, again }: NewPassphraseDraft): boolean =>
  !encrypt || (passphrase.length >= shortestPassphrase && passphrase === again);

interface NewPassphraseProps {
  readonly draft: NewPassphraseDraft;
  onChange(draft: NewPassphraseDraft): void;
}

/** Whether a new vault is encrypted, with a passphrase typed twice, and what losing it means. */
export const NewPassphrase = ({ draft, onChange }: NewPassphraseProps) => {
  const { encrypt, passphrase, again } = draft;
  const tooShort = passphrase !== '' && passphrase.length < shortestPassphrase;
  // Not before as much was typed as the first one has.
  const differs = again !== '' && !passphrase.startsWith(again);
  return (
    <>
      <Checkbox
        label={t('vaultForm.encrypt')}
        checked={encrypt}
        onChange={(_event, { checked }) => onChange({ ...draft, encrypt: checked === true })}
      />
      {encrypt ? (
        <>
          <MessageBar intent="warning" layout="multiline">
            <MessageBarBody>{t('vaultForm.encryptWarning')}</MessageBarBody>
          </MessageBar>
          <TextField
            label={t('vaultForm.newPassphrase')}
            type="password"
            value={passphrase}
            problem={tooShort ? t('vaultForm.passphraseShort', { count: shortestPassphrase }) : null}
            onChange={(value) => onChange({ ...draft, passphrase: value })}
          />
          <TextField
            label={t('vaultForm.passphraseAgain')}
            type="password"
            value={again}
            problem={differs ? t('vaultForm.passphraseDiffers') : null}
            onChange={(value) => onChange({ ...draft, again: value })}
          />
        </>
      ) : null}
    </>
  );
};
