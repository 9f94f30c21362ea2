import { Button, Field, Radio, RadioGroup } from '@fluentui/react-components';
import { type SubmitEvent, useState } from 'react';
import type { ErrorReport } from '../../contract/errors.ts';
import { ReplicationError } from '../../contract/errors.ts';
import type { VaultCheckReport } from '../../contract/vault-reports.ts';
import { t } from '../i18n/words.ts';
import { accountOf } from '../said-by-engine.ts';
import { ask } from '../stores/engine.ts';
import { refreshVaults } from '../stores/follow-engine.ts';
import { useSite } from '../stores/site-store.ts';
import { forgetDeviceCode } from '../stores/ui-store.ts';
import { useNow } from '../stores/use-now.ts';
import { CheckResult } from './check-result.tsx';
import { DeviceCodePrompt } from './device-code-prompt.tsx';
import { isPassphraseReady, NewPassphrase, noPassphrase } from './new-passphrase.tsx';
import { joinPath, PathField, pathProblem } from './path-field.tsx';
import { blamedField, completeSignIn, emptySignIn } from './sign-in-draft.ts';
import { SignInFields } from './sign-in-fields.tsx';
import { TextField } from './text-field.tsx';
import { vaultNameProblem } from './vault-name.ts';
import { blamedPart } from './vault-problem.ts';

/** As Azure wants a container's name. */
const containerPattern = /^(?=.{3,63}$)[a-z0-9](-?[a-z0-9])+$/;

const kinds = ['directory', 'azure'] as const;

interface VaultFormProps {
  /** `open` makes nothing: the vault is there already. */
  readonly mode?: 'add' | 'open';
  readonly primary?: boolean;
  /** The vault is known now and has passed its checks. */
  onAdded(name: string): void;
  onCancel?: () => void;
  readonly cancelLabel?: string;
}

/** Adds a vault, or opens one that exists, and checks at once that everything the engine needs can be done there. */
export const VaultForm = ({
  mode = 'add',
  primary = true,
  onAdded,
  onCancel,
  cancelLabel,
}: VaultFormProps) => {
  const vaults = useSite((site) => site.vaults) ?? [];
  const dataDirectory = useSite(({ engine }) => engine?.dataDirectory);
  const nowMs = useNow();
  const isFirst = vaults.length === 0 && mode === 'add';
  const [typedName, setName] = useState(isFirst ? t('vaultForm.defaultName') : '');
  const [typedPath, setPath] = useState<string | null>(null);
  const [kind, setKind] = useState<(typeof kinds)[number]>('directory');
  const [container, setContainer] = useState('');
  const [signIn, setSignIn] = useState(emptySignIn);
  const [newPassphrase, setNewPassphrase] = useState(noPassphrase);
  const [passphrase, setPassphrase] = useState('');
  const [asksPassphrase, setAsksPassphrase] = useState(false);
  const [busy, setBusy] = useState(false);
  const [problem, setProblem] = useState<ErrorReport | null>(null);
  const [failedCheck, setFailedCheck] = useState<VaultCheckReport | null>(null);
  // Suggested once the engine has said where it lives.
  const path = typedPath ?? (isFirst && dataDirectory !== undefined ? joinPath(dataDirectory, 'vault') : '');
  const name = typedName.trim();
  /** It was added, but something is missing there: it is known by that name, and is checked again. */
  const isAgain = failedCheck?.name === name;

  const blamed = problem === null ? null : blamedPart(problem, kind, name);
  const refusalOf = (part: typeof blamed): string | null =>
    problem !== null && blamed === part ? accountOf(problem) : null;
  const nameProblem =
    vaultNameProblem(name, busy || isAgain ? [] : vaults.map((vault) => vault.name)) ?? refusalOf('name');
  const containerProblem =
    container === '' || containerPattern.test(container) ? null : t('vaultForm.containerInvalid');
  const encrypts = mode === 'add' && kind === 'azure' && !asksPassphrase && newPassphrase.encrypt;
  const completed = completeSignIn(signIn, nowMs);
  const targetReady =
    kind === 'directory'
      ? pathProblem(path) === null
      : containerPattern.test(container) &&
        completed !== null &&
        (!encrypts || isPassphraseReady(newPassphrase));
  const ready =
    name !== '' &&
    vaultNameProblem(name, []) === null &&
    targetReady &&
    (busy || isAgain || nameProblem === null) &&
    (!asksPassphrase || passphrase !== '');

  /** What is typed next is another try. */
  const edit =
    <T,>(set: (value: T) => void) =>
    (value: T): void => {
      set(value);
      setProblem(null);
    };

  const register = async (): Promise<void> => {
    if (kind === 'directory') {
      if (!isAgain) await ask(`vault.${mode}`, { name, target: path.trim() });
      return;
    }
    if (completed === null) return;
    const entry = { name, target: `azure:${container}`, signIn: completed };
    if (encrypts && !isAgain) {
      await ask('vault.add', { ...entry, encrypt: true, passphrase: newPassphrase.passphrase });
    } else {
      await ask(`vault.${mode}`, { ...entry, ...(asksPassphrase ? { passphrase } : {}) });
    }
  };

  const submit = async (event: SubmitEvent): Promise<void> => {
    event.preventDefault();
    if (!ready || busy) return;
    setBusy(true);
    setProblem(null);
    forgetDeviceCode(name);
    try {
      await register();
      const report = await ask('vault.check', { name });
      await refreshVaults();
      if (report.passed) onAdded(name);
      else setFailedCheck(report);
    } catch (error) {
      const report = ReplicationError.from(error).toReport();
      setProblem(report);
      setFailedCheck(null);
      if (report.code === 'VAULT_PASSPHRASE_NEEDED') setAsksPassphrase(true);
    }
    forgetDeviceCode(name);
    setBusy(false);
  };

  const signInRefusal = refusalOf('signIn');
  return (
    <form className="form" onSubmit={(event) => void submit(event)}>
      <TextField
        label={t('vaultForm.name')}
        help={t('vaultForm.nameHelp')}
        value={typedName}
        problem={nameProblem}
        onChange={edit(setName)}
      />
      <Field label={t('vaultForm.kind')}>
        <RadioGroup
          layout="horizontal"
          value={kind}
          onChange={(_event, { value }) =>
            edit(setKind)(kinds.find((known) => known === value) ?? 'directory')
          }
        >
          {kinds.map((each) => (
            <Radio key={each} value={each} label={t(`vaultForm.kind.${each}`)} />
          ))}
        </RadioGroup>
      </Field>
      {kind === 'directory' ? (
        <PathField
          label={t('vaultForm.directory')}
          help={t(mode === 'add' ? 'vaultForm.directoryHelp' : 'vaultForm.directoryOpenHelp')}
          value={path}
          problem={refusalOf('directory')}
          onChange={edit(setPath)}
        />
      ) : (
        <>
          <TextField
            label={t('vaultForm.container')}
            help={t(mode === 'add' ? 'vaultForm.containerHelp' : 'vaultForm.containerOpenHelp')}
            value={container}
            problem={containerProblem ?? refusalOf('container')}
            onChange={edit(setContainer)}
          />
          <SignInFields
            draft={signIn}
            nowMs={nowMs}
            refusal={
              signInRefusal === null
                ? null
                : {
                    field: blamedField(signIn.way, problem?.code === 'VAULT_UNREACHABLE'),
                    message: signInRefusal,
                  }
            }
            onChange={edit(setSignIn)}
          />
          {mode === 'add' && !asksPassphrase ? (
            <NewPassphrase draft={newPassphrase} onChange={edit(setNewPassphrase)} />
          ) : null}
          {asksPassphrase ? (
            <TextField
              label={t('vaultForm.passphrase')}
              help={t('vaultForm.passphraseHelp')}
              type="password"
              value={passphrase}
              problem={refusalOf('passphrase')}
              onChange={edit(setPassphrase)}
            />
          ) : null}
        </>
      )}
      {busy ? <DeviceCodePrompt vault={name} /> : null}
      <div aria-live="polite">{failedCheck === null ? null : <CheckResult report={failedCheck} />}</div>
      <div className="form-actions">
        <Button type="submit" appearance={primary ? 'primary' : 'secondary'} disabled={!ready || busy}>
          {busy
            ? t('vaultForm.adding')
            : isAgain
              ? t('vaultForm.again')
              : t(mode === 'add' ? 'vaultForm.add' : 'vaultForm.open')}
        </Button>
        {onCancel === undefined ? null : (
          <Button onClick={onCancel}>{cancelLabel ?? t('common.cancel')}</Button>
        )}
      </div>
    </form>
  );
};
