import { lazy, Suspense } from 'react';
import { useSite } from '../stores/site-store.ts';
import { type DialogRequest, useUi } from '../stores/ui-store.ts';
import { useFocusBack } from './focus-content.ts';

const Unprotect = lazy(async () => ({
  default: (await import('../dialogs/unprotect-dialog.tsx')).UnprotectDialog,
}));
const Resync = lazy(async () => ({ default: (await import('../dialogs/resync-dialog.tsx')).ResyncDialog }));
const Restore = lazy(async () => ({
  default: (await import('../dialogs/restore-dialog.tsx')).RestoreDialog,
}));
const IncludeDisk = lazy(async () => ({
  default: (await import('../dialogs/include-disk-dialog.tsx')).IncludeDiskDialog,
}));
const ExcludeDisk = lazy(async () => ({
  default: (await import('../dialogs/exclude-disk-dialog.tsx')).ExcludeDiskDialog,
}));
const ResetStatistics = lazy(async () => ({
  default: (await import('../dialogs/reset-statistics-dialog.tsx')).ResetStatisticsDialog,
}));
const RenameVault = lazy(async () => ({
  default: (await import('../dialogs/rename-vault-dialog.tsx')).RenameVaultDialog,
}));
const RemoveVault = lazy(async () => ({
  default: (await import('../dialogs/remove-vault-dialog.tsx')).RemoveVaultDialog,
}));
const SignInVault = lazy(async () => ({
  default: (await import('../dialogs/sign-in-vault-dialog.tsx')).SignInVaultDialog,
}));

type VaultDialog = Extract<DialogRequest, { vault: string }>;

const OfVms = ({ dialog }: { readonly dialog: Exclude<DialogRequest, VaultDialog> }) => {
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
    case 'includeDisk':
      return <IncludeDisk status={status} disk={dialog.disk} />;
    case 'excludeDisk':
      return <ExcludeDisk status={status} disk={dialog.disk} />;
    case 'restore':
      return <Restore status={status} point={dialog.point} />;
  }
};

const OfVault = ({ dialog: { kind, vault: name } }: { readonly dialog: VaultDialog }) => {
  const vault = useSite(({ vaults }) => vaults?.find((each) => each.name === name));
  if (vault === undefined) return null;
  switch (kind) {
    case 'renameVault':
      return <RenameVault vault={vault} />;
    case 'removeVault':
      return <RemoveVault vault={vault} />;
    case 'signInVault':
      return <SignInVault vault={vault} />;
  }
};

/** The dialog that is open, if any. */
export const OpenDialog = () => {
  const dialog = useUi((state) => state.dialog);
  useFocusBack();
  if (dialog === null) return null;
  return (
    <Suspense fallback={null}>
      {'vault' in dialog ? <OfVault dialog={dialog} /> : <OfVms dialog={dialog} />}
    </Suspense>
  );
};
