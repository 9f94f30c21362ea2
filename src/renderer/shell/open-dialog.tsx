import { lazy, Suspense } from 'react';
import { useSite } from '../stores/site-store.ts';
import { useUi } from '../stores/ui-store.ts';

const Unprotect = lazy(async () => ({
  default: (await import('../dialogs/unprotect-dialog.tsx')).UnprotectDialog,
}));
const Resync = lazy(async () => ({ default: (await import('../dialogs/resync-dialog.tsx')).ResyncDialog }));
const Restore = lazy(async () => ({
  default: (await import('../dialogs/restore-dialog.tsx')).RestoreDialog,
}));

/** The dialog that is open, if any. */
export const OpenDialog = () => {
  const dialog = useUi((state) => state.dialog);
  const status = useSite(({ statuses }) => (dialog === null ? undefined : statuses.get(dialog.vmId)?.status));
  if (dialog === null || status === undefined) return null;
  return (
    <Suspense fallback={null}>
      {dialog.kind === 'unprotect' ? <Unprotect status={status} /> : null}
      {dialog.kind === 'resync' ? <Resync status={status} /> : null}
      {dialog.kind === 'restore' ? <Restore status={status} point={dialog.point} /> : null}
    </Suspense>
  );
};
