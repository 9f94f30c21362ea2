import { Button, type ButtonProps } from '@fluentui/react-components';
import { type SubmitEvent, useState } from 'react';
import { ReplicationError } from '../../contract/errors.ts';
import type { HostReport } from '../../contract/host-reports.ts';
import { t } from '../i18n/words.ts';
import { accountOf } from '../said-by-engine.ts';
import { refreshHost } from '../stores/follow-engine.ts';
import { PathField, pathProblem } from './path-field.tsx';

interface HostFormProps {
  readonly label: string;
  readonly action: string;
  readonly busyAction?: string;
  readonly initialPath: string;
  readonly appearance?: NonNullable<ButtonProps['appearance']>;
  /** Asks the engine; the host it answers with must have VMs. */
  choose(path: string): Promise<HostReport>;
  onChosen?: () => void;
}

/** A folder that becomes the host. What is wrong with it stands beside the field. */
export const HostForm = (props: HostFormProps) => {
  const { label, action, busyAction, initialPath, appearance = 'secondary', choose, onChosen } = props;
  const [typed, setTyped] = useState<string | null>(null);
  const [busy, setBusy] = useState(false);
  const [problem, setProblem] = useState<string | null>(null);
  const path = typed ?? initialPath;
  const submit = async (event: SubmitEvent): Promise<void> => {
    event.preventDefault();
    setBusy(true);
    setProblem(null);
    try {
      const host = await choose(path.trim());
      await refreshHost();
      if (host.vms === 0) setProblem(t('first.noVmsThere', { path: host.root }));
      else onChosen?.();
    } catch (error) {
      setProblem(accountOf(ReplicationError.from(error)));
    }
    setBusy(false);
  };
  return (
    <form className="form" onSubmit={(event) => void submit(event)}>
      <PathField
        label={label}
        value={path}
        problem={problem}
        onChange={(value) => {
          setTyped(value);
          setProblem(null);
        }}
      />
      <div className="form-actions">
        <Button type="submit" appearance={appearance} disabled={busy || pathProblem(path) !== null}>
          {busy ? (busyAction ?? action) : action}
        </Button>
      </div>
    </form>
  );
};
