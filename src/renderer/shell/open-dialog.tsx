import { lazy, Suspense } from 'react';
import { useSite } from '../stores/site-store.ts';
import { type DialogRequest, useUi } from '../stores/ui-store.ts';

const Unprotect = lazy(async () => ({
  default: (await import('../dialogs/unprotect-dialog.tsx')).UnprotectDialog,
}));
const Resync = lazy(async () => ({ default: (await import('../dialogs/resync-dialog.tsx')).ResyncDialog }));
const Restore = lazy(async () => ({
  default: (await import('../dialogs/restore-dialog.tsx')).RestoreDialog,
}));
const ResetStatistics = lazy(async () => ({
  default: (await import('../dialogs/reset-statistics-dialog.tsx')).ResetStatisticsDialog,
}));

const Dialog = ({ dialog }: { readonly dialog: DialogRequest }) => {
  const statuses = useSite((site) => site.statuses);
  const vms = (dialog.kind === 'resync' ? dialog.vmIds : [dialog.vmId])
    .map((id) => statuses.get(id)?.status)
    .filter((status) => status !== undefined);
  const [status] = vms;
  if (status === undefined) return null;
  switch (dialog.kind) {
    case 'unprotect':
      return <Unprotect status={status} />;
    case 'resync':
      return <Resync vms={vms} />;
    case 'resetStatistics':
      return <ResetStatistics status={status} />;
    case 'restore':
      return <Restore status={status} point={dialog.point} />;
  }
};

/** The dialog that is open, if any. */
export const OpenDialog = () => {
  const dialog = useUi((state) => state.dialog);
  return <Suspense fallback={null}>{dialog === null ? null : <Dialog dialog={dialog} />}</Suspense>;
};
