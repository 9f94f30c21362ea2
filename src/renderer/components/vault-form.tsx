import { Button, Field, Input, Radio, RadioGroup } from '@fluentui/react-components';
import { type SubmitEvent, useState } from 'react';
import type { ErrorReport } from '../../contract/errors.ts';
import { ReplicationError } from '../../contract/errors.ts';
import type { VaultCheckReport } from '../../contract/vault-reports.ts';
import { t } from '../i18n/words.ts';
import { ask } from '../stores/engine.ts';
import { refreshVaults } from '../stores/follow-engine.ts';
import { useSite } from '../stores/site-store.ts';
import { CheckList, rightAsCheck } from './check-list.tsx';
import { joinPath, PathField, pathProblem } from './path-field.tsx';

/** As the contract wants it. */
const namePattern = /^[\p{L}\p{N}][\p{L}\p{N} ._-]{0,62}$/u;

/** As Azure wants a container's name. */
const containerPattern = /^(?=.{3,63}$)[a-z0-9](-?[a-z0-9])+$/;

const kinds = ['directory', 'azure'] as const;

interface AzureFieldsProps {
  readonly container: string;
  readonly connection: string;
  onContainer(container: string): void;
  onConnection(connection: string): void;
}

const AzureFields = ({ container, connection, onContainer, onConnection }: AzureFieldsProps) => (
  <>
    <Field
      label={t('vaultForm.container')}
      hint={t('vaultForm.containerHelp')}
      {...(container === '' || containerPattern.test(container)
        ? {}
        : { validationState: 'error', validationMessage: t('vaultForm.containerInvalid') })}
    >
      <Input
        value={container}
        spellCheck={false}
        autoComplete="off"
        onChange={(_event, data) => onContainer(data.value)}
      />
    </Field>
    <Field label={t('vaultForm.connection')} hint={t('vaultForm.connectionHelp')}>
      <Input
        type="password"
        value={connection}
        autoComplete="off"
        onChange={(_event, data) => onConnection(data.value)}
      />
    </Field>
  </>
);

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
  const [kind, setKind] = useState<(typeof kinds)[number]>('directory');
  const [container, setContainer] = useState('');
  const [connection, setConnection] = useState('');
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
  const targetReady =
    kind === 'directory'
      ? pathProblem(path) === null
      : containerPattern.test(container) && connection.trim() !== '';
  const ready = name.trim() !== '' && nameProblem === null && targetReady;

  const add = async (event: SubmitEvent): Promise<void> => {
    event.preventDefault();
    if (!ready || busy) return;
    setBusy(true);
    setProblem(null);
    setFailedChecks(null);
    try {
      const added = await ask('vault.add', {
        name: name.trim(),
        ...(kind === 'directory'
          ? { target: path.trim() }
          : { target: `azure:${container}`, connectionString: connection.trim() }),
      });
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
      <Field label={t('vaultForm.kind')}>
        <RadioGroup
          layout="horizontal"
          value={kind}
          onChange={(_event, { value }) => {
            setKind(kinds.find((known) => known === value) ?? 'directory');
            setProblem(null);
          }}
        >
          {kinds.map((each) => (
            <Radio key={each} value={each} label={t(`vaultForm.kind.${each}`)} />
          ))}
        </RadioGroup>
      </Field>
      {kind === 'directory' ? (
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
      ) : (
        <>
          <AzureFields
            container={container}
            connection={connection}
            onContainer={setContainer}
            onConnection={setConnection}
          />
          {elsewhere === null ? null : (
            <p className="critical-text" role="alert">
              {elsewhere}
            </p>
          )}
        </>
      )}
      {failedChecks === null ? null : (
        <>
          <p className="critical-text">{t('vaults.checkFailed')}</p>
          <CheckList checks={failedChecks.checks.map(rightAsCheck)} />
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
