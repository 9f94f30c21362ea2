import { Button, Field, Input, useRestoreFocusTarget } from '@fluentui/react-components';
import { FolderOpen20Regular } from '@fluentui/react-icons';
import { lazy, Suspense, useState } from 'react';
import { pathProblemOf } from '../../contract/path-problem.ts';
import { askDesktop, isDesktop } from '../connection/desktop.ts';
import { t } from '../i18n/words.ts';
import { showProblem } from '../stores/ui-store.ts';

const FolderDialog = lazy(async () => ({ default: (await import('./folder-dialog.tsx')).FolderDialog }));

/** What is wrong with a path as far as the page can tell; null when nothing is. */
export const pathProblem = (path: string): string | null => {
  if (path.trim() === '') return t('common.pathMissing');
  const problem = pathProblemOf(path.trim());
  if (problem === null) return null;
  return problem === 'relative' ? t('common.pathNotAbsolute') : t('common.pathUnusable');
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

/** A folder typed, pasted or chosen; what is wrong with it stands beside it while typing. */
export const PathField = ({ label, help, value, problem, disabled = false, onChange }: PathFieldProps) => {
  const [browsing, setBrowsing] = useState(false);
  const [visits, setVisits] = useState(0);
  const restoreFocus = useRestoreFocusTarget();
  const wrong = value === '' ? null : pathProblem(value);
  const message = wrong ?? problem ?? null;
  const startAt = value !== '' && wrong === null ? value.trim() : '';
  const browse = async (): Promise<void> => {
    if (!isDesktop()) {
      setVisits(visits + 1);
      setBrowsing(true);
      return;
    }
    const chosen = await askDesktop('folder.choose', {
      title: label,
      ...(startAt === '' ? {} : { startAt }),
    });
    if (chosen !== null) onChange(chosen);
  };
  return (
    <>
      <Field
        label={label}
        hint={help ?? t('common.pathHelp')}
        {...(message === null ? {} : { validationState: 'error' as const, validationMessage: message })}
      >
        <Input
          value={value}
          disabled={disabled}
          spellCheck={false}
          autoComplete="off"
          onChange={(_event, data) => onChange(data.value)}
          contentAfter={
            <Button
              appearance="transparent"
              size="small"
              icon={<FolderOpen20Regular />}
              disabled={disabled}
              aria-label={t('folder.browse', { field: label })}
              {...restoreFocus}
              onClick={() => browse().catch(showProblem)}
            />
          }
        />
      </Field>
      {visits > 0 ? (
        <Suspense fallback={null}>
          <FolderDialog
            key={visits}
            open={browsing}
            title={label}
            startAt={startAt}
            onChosen={(path) => {
              setBrowsing(false);
              onChange(path);
            }}
            onClose={() => setBrowsing(false)}
          />
        </Suspense>
      ) : null}
    </>
  );
};

/** `directory` and a name in it, with the separator that its machine uses. */
export const joinPath = (directory: string, name: string): string =>
  `${directory}${directory.includes('\\') ? '\\' : '/'}${name}`;
