import {
  Button,
  Dialog,
  DialogActions,
  DialogBody,
  DialogContent,
  DialogSurface,
  DialogTitle,
} from '@fluentui/react-components';
import { type ReactNode, type SubmitEvent, useState } from 'react';
import type { ErrorReport } from '../../contract/errors.ts';
import { ReplicationError } from '../../contract/errors.ts';
import { t } from '../i18n/words.ts';
import { accountOf } from '../said-by-engine.ts';
import { closeDialog } from '../stores/ui-store.ts';

interface ConfirmDialogProps {
  readonly title: string;
  /** A verb. */
  readonly confirm: string;
  readonly ready?: boolean;
  readonly children: ReactNode;
  /** What is asked of the engine; what it refuses is said in the dialog, and nothing typed is lost. */
  onConfirm(): Promise<void>;
}

/** A dialog that asks before it does something; Enter confirms, Esc leaves. */
export const ConfirmDialog = ({ title, confirm, ready = true, children, onConfirm }: ConfirmDialogProps) => {
  const [busy, setBusy] = useState(false);
  const [problem, setProblem] = useState<ErrorReport | null>(null);
  const submit = async (event: SubmitEvent): Promise<void> => {
    event.preventDefault();
    if (!ready || busy) return;
    setBusy(true);
    setProblem(null);
    try {
      await onConfirm();
      closeDialog();
    } catch (error) {
      setProblem(ReplicationError.from(error).toReport());
      setBusy(false);
    }
  };
  return (
    <Dialog open onOpenChange={(_event, { open }) => (open ? undefined : closeDialog())}>
      <DialogSurface>
        <form onSubmit={(event) => void submit(event)}>
          <DialogBody>
            <DialogTitle>{title}</DialogTitle>
            <DialogContent className="dialog-content">
              {children}
              {problem === null ? null : (
                <p className="critical-text" role="alert">
                  {accountOf(problem)}
                </p>
              )}
            </DialogContent>
            <DialogActions className="dialog-actions">
              <Button onClick={closeDialog}>{t('common.cancel')}</Button>
              <Button type="submit" appearance="primary" disabled={!ready || busy}>
                {confirm}
              </Button>
            </DialogActions>
          </DialogBody>
        </form>
      </DialogSurface>
    </Dialog>
  );
};
