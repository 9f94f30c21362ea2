import { create } from 'zustand';
import type { NotificationReport } from '../../contract/alerts.ts';
import type { ErrorReport } from '../../contract/errors.ts';
import { ReplicationError } from '../../contract/errors.ts';
import type { DeviceCode } from '../../contract/sign-in.ts';
import type { PointReport } from '../../contract/vault-reports.ts';

/** The dialog that is open. */
export type DialogRequest =
  | { readonly kind: 'unprotect' | 'resetStatistics'; readonly vmId: string }
  | { readonly kind: 'resync'; readonly vmIds: readonly string[] }
  | { readonly kind: 'restore'; readonly vmId: string; readonly point: PointReport }
  | {
      readonly kind: 'includeDisk' | 'excludeDisk';
      readonly vmId: string;
      readonly disk: { readonly id: string; readonly name: string };
    }
  | { readonly kind: 'renameVault' | 'removeVault' | 'signInVault'; readonly vault: string };

interface UiState {
  /** Why the last action was refused. */
  readonly problem: ErrorReport | null;
  /** What the last action set going, and the job that does it. */
  readonly notice: {
    readonly text: string;
    readonly jobId: number | null;
    readonly shownAtMs: number;
  } | null;
  readonly dialog: DialogRequest | null;
  /** Alerts that came while the page was open and were not dismissed, the newest last. */
  readonly notifications: readonly NotificationReport[];
  /** Codes that somebody has to type to sign in, by the vault's name. */
  readonly deviceCodes: ReadonlyMap<string, DeviceCode>;
}

export const useUi = create<UiState>(() => ({
  problem: null,
  notice: null,
  dialog: null,
  notifications: [],
  deviceCodes: new Map(),
}));

/** More than that nobody reads in a bar; the view of the alerts has all that holds. */
const shownNotifications = 3;

export const showNotification = (notification: NotificationReport): void =>
  useUi.setState(({ notifications }) => ({
    notifications: [...notifications.filter(({ id }) => id !== notification.id), notification].slice(
      -shownNotifications,
    ),
  }));

export const dismissNotification = (id: string): void =>
  useUi.setState(({ notifications }) => ({
    notifications: notifications.filter((each) => each.id !== id),
  }));

export const showDeviceCode = (code: DeviceCode): void =>
  useUi.setState(({ deviceCodes }) => ({ deviceCodes: new Map(deviceCodes).set(code.vault, code) }));

/** Nobody waits for the code of that vault any more. */
export const forgetDeviceCode = (vault: string): void =>
  useUi.setState(({ deviceCodes }) => ({
    deviceCodes: new Map([...deviceCodes].filter(([name]) => name !== vault)),
  }));

/** Shows a failed request in the message bar; a lost connection has a bar of its own. */
export const showProblem = (error: unknown): void => {
  const report = ReplicationError.from(error).toReport();
  if (report.code !== 'ENGINE_STOPPED') useUi.setState({ problem: report, notice: null });
};

export const showNotice = (text: string, jobId: number | null = null): void =>
  useUi.setState({ notice: { text, jobId, shownAtMs: Date.now() }, problem: null });

/** An action may lead to another view, and is told of there; what is older than that stays behind. */
const followsMs = 1000;

/** Another view was asked for: what was said on the last one goes. */
export const leaveView = (): void =>
  useUi.setState(({ notice }) => ({
    problem: null,
    notice: notice !== null && Date.now() - notice.shownAtMs < followsMs ? notice : null,
  }));

export const openDialog = (dialog: DialogRequest): void =>
  useUi.setState({ dialog, problem: null, notice: null });

export const closeDialog = (): void => useUi.setState({ dialog: null });
