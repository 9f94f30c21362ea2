import { Button, Field, Input } from '@fluentui/react-components';
import { type SubmitEvent, useState } from 'react';
import type { ErrorReport } from '../../contract/errors.ts';
import { ReplicationError } from '../../contract/errors.ts';
import type { VaultCheckReport } from '../../contract/reports.ts';
import { t } from '../i18n/words.ts';
import { ask } from '../stores/engine.ts';
import { refreshVaults } from '../stores/follow-engine.ts';
import { useSite } from '../stores/site-store.ts';
import { CheckList } from './check-list.tsx';
import { joinPath, PathField, pathProblem } from './path-field.tsx';

/** As the contract wants it. */
const namePattern = /^[\p{L}\p{N}][\p{L}\p{N} ._-]{0,62}$/u;

/** What the engine says of the vault's name rather than of its folder. */
const isAboutName = ({ code, message }: ErrorReport, name: string): boolean =>
  code === 'VAULT_NAME_TAKEN' && message.includes(`"${name}"`);

interface VaultFormProps {
  readonly primary?: boolean;
  /** The vault was added and has passed its checks. */
  onAdded(name: string): void;
  onCancel?: () => void;
  readonly cancelLabel?: string;
}

/** Adds a vault and checks at once that everything the engine needs can be done there. */
export const VaultForm = ({ primary = true, onAdded, onCancel, cancelLabel }: VaultFormProps) => {
  const vaults = useSite((site) => site.vaults) ?? [];
  const dataDirectory = useSite(({ engine }) => engine?.dataDirectory);
  const isFirst = vaults.length === 0;
  const [name, setName] = useState(isFirst ? t('vaultForm.defaultName') : '');
  const [typedPath, setPath] = useState<string | null>(null);
  const [busy, setBusy] = useState(false);
  const [problem, setProblem] = useState<ErrorReport | null>(null);
  const [failedChecks, setFailedChecks] = useState<VaultCheckReport | null>(null);
  // Suggested once the engine has said where it lives.
  const path = typedPath ?? (isFirst && dataDirectory !== undefined ? joinPath(dataDirectory, 'vault') : '');

  const taken = vaults.some((vault) => vault.name.toLowerCase() === name.trim().toLowerCase());
  const nameProblem =
    name === ''
      ? null
      : !namePattern.test(name.trim())
        ? t('vaultForm.nameInvalid')
        : taken && !busy
          ? t('vaultForm.nameTaken')
          : problem !== null && isAboutName(problem, name.trim())
            ? problem.message
            : null;
  const ready = name.trim() !== '' && nameProblem === null && pathProblem(path) === null;

  const add = async (event: SubmitEvent): Promise<void> => {
    event.preventDefault();
    if (!ready || busy) return;
    setBusy(true);
    setProblem(null);
    setFailedChecks(null);
    try {
      const added = await ask('vault.add', { name: name.trim(), target: path.trim() });
      const report = await ask('vault.check', { name: added.name });
      await refreshVaults();
      if (report.passed) onAdded(added.name);
      else setFailedChecks(report);
    } catch (error) {
      setProblem(ReplicationError.from(error).toReport());
    }
    setBusy(false);
  };
  const elsewhere = problem !== null && nameProblem === null ? problem.message : null;
  return (
    <form className="form" onSubmit={(event) => void add(event)}>
      <Field
        label={t('vaultForm.name')}
        hint={t('vaultForm.nameHelp')}
        {...(nameProblem === null ? {} : { validationState: 'error', validationMessage: nameProblem })}
      >
        <Input value={name} autoComplete="off" onChange={(_event, data) => setName(data.value)} />
      </Field>
      <PathField
        label={t('vaultForm.directory')}
        help={t('vaultForm.directoryHelp')}
        value={path}
        problem={elsewhere}
        onChange={(value) => {
          setPath(value);
          setProblem(null);
        }}
      />
      {failedChecks === null ? null : (
        <>
          <p className="critical-text">{t('vaults.checkFailed')}</p>
          <CheckList checks={failedChecks.checks.map(({ right, ...check }) => ({ name: right, ...check }))} />
        </>
      )}
      <div className="form-actions">
        <Button type="submit" appearance={primary ? 'primary' : 'secondary'} disabled={!ready || busy}>
          {busy ? t('vaultForm.adding') : t('vaultForm.add')}
        </Button>
        {onCancel === undefined ? null : (
          <Button onClick={onCancel}>{cancelLabel ?? t('common.cancel')}</Button>
        )}
      </div>
    </form>
  );
};
