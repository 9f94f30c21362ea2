import {
  Button,
  Dialog,
  DialogActions,
  DialogBody,
  DialogContent,
  DialogSurface,
  DialogTitle,
} from '@fluentui/react-components';
import { ArrowUp20Regular } from '@fluentui/react-icons';
import { type KeyboardEvent, useEffect, useState } from 'react';
import { ReplicationError } from '../../contract/errors.ts';
import type { FolderReport } from '../../contract/folders.ts';
import { t } from '../i18n/words.ts';
import { accountOf } from '../said-by-engine.ts';
import { ask } from '../stores/engine.ts';

interface FolderDialogProps {
  /** Closed rather than taken away: the page behind is then reached again, by keyboard too. */
  readonly open: boolean;
  readonly title: string;
  readonly startAt: string;
  onChosen(path: string): void;
  onClose(): void;
}

const list = (path: string): Promise<FolderReport> => ask('fs.list', path === '' ? {} : { path });

/** Chooses a folder of the machine that runs the engine, which is not always the one with the browser. */
export const FolderDialog = ({ open, title, startAt, onChosen, onClose }: FolderDialogProps) => {
  const [report, setReport] = useState<FolderReport | null>(null);
  const [chosen, setChosen] = useState('');
  const [problem, setProblem] = useState<string | null>(null);
  const enter = async (path: string): Promise<void> => {
    try {
      setReport(await list(path));
      setChosen('');
      setProblem(null);
    } catch (error) {
      setProblem(accountOf(ReplicationError.from(error)));
    }
  };
  useEffect(() => {
    // What was typed may not exist yet: then from the top.
    list(startAt)
      .catch(() => list(''))
      .then(setReport, (error: unknown) => setProblem(accountOf(ReplicationError.from(error))));
  }, [startAt]);
  const enterChosen = (): void => {
    if (chosen !== '') void enter(chosen);
  };
  const byKey = (event: KeyboardEvent): void => {
    if (event.key === 'Enter') {
      event.preventDefault();
      enterChosen();
    }
    if (event.key === 'Backspace' && report !== null && report.parent !== null) void enter(report.parent);
  };
  const result = chosen === '' ? report?.path : chosen;
  return (
    <Dialog open={open} onOpenChange={(_event, { open: stays }) => (stays ? undefined : onClose())}>
      <DialogSurface>
        <DialogBody>
          <DialogTitle>{title}</DialogTitle>
          <DialogContent className="dialog-content">
            <div className="folder-head">
              <Button
                icon={<ArrowUp20Regular />}
                disabled={report === null || report.parent === null}
                onClick={() => void enter(report?.parent ?? '')}
              >
                {t('folder.up')}
              </Button>
              <span className="path">{report?.path ?? t('folder.drives')}</span>
            </div>
            <select
              className="folder-list"
              size={12}
              aria-label={t('folder.list')}
              value={chosen}
              onChange={({ target }) => setChosen(target.value)}
              onDoubleClick={enterChosen}
              onKeyDown={byKey}
            >
              {report?.folders.map(({ name, path }) => (
                <option key={path} value={path}>
                  {name}
                </option>
              ))}
            </select>
            <p className={problem === null ? 'note' : 'critical-text'} aria-live="polite">
              {problem ??
                (report?.folders.length === 0
                  ? t('folder.empty')
                  : report?.more === true
                    ? t('folder.more', { count: report.folders.length })
                    : t('folder.help'))}
            </p>
          </DialogContent>
          <DialogActions className="dialog-actions">
            <Button onClick={onClose}>{t('common.cancel')}</Button>
            <Button disabled={chosen === ''} onClick={enterChosen}>
              {t('folder.open')}
            </Button>
            <Button
              appearance="primary"
              disabled={result === undefined || result === null}
              onClick={() => onChosen(result ?? '')}
            >
              {t('folder.choose')}
            </Button>
          </DialogActions>
        </DialogBody>
      </DialogSurface>
    </Dialog>
  );
};
