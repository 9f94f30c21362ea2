import {
  Button,
  Menu,
  MenuDivider,
  MenuItem,
  MenuList,
  MenuPopover,
  MenuTrigger,
} from '@fluentui/react-components';
import {
  CheckmarkCircle16Regular,
  ErrorCircle16Filled,
  MoreHorizontal20Regular,
} from '@fluentui/react-icons';
import { useState } from 'react';
import { type ErrorReport, ReplicationError } from '../../../contract/errors.ts';
import type { VaultCheckReport, VaultReport } from '../../../contract/vault-reports.ts';
import { Bar } from '../../components/bar.tsx';
import { CheckResult } from '../../components/check-result.tsx';
import { ErrorDetails } from '../../components/error-details.tsx';
import { Moment } from '../../components/moment.tsx';
import { formatBytes, formatExactTime, formatTime } from '../../format.ts';
import { t } from '../../i18n/words.ts';
import { headlineOf } from '../../said-by-engine.ts';
import { ask } from '../../stores/engine.ts';
import { openDialog } from '../../stores/ui-store.ts';
import { SignInState } from './sign-in-state.tsx';

/** From this share used on, somebody should look. */
const nearlyFull = 0.9;

const Space = ({ vault: { name, freeBytes, totalBytes } }: { readonly vault: VaultReport }) => {
  if (freeBytes === null || totalBytes === null || totalBytes === 0) return null;
  const used = 1 - freeBytes / totalBytes;
  const text = t('vaults.space', { free: formatBytes(freeBytes), total: formatBytes(totalBytes) });
  return (
    <div className="vault-space">
      <Bar
        fraction={used}
        tone={used >= nearlyFull ? 'warning' : 'quiet'}
        label={t('vaults.spaceLabel', { vault: name })}
        text={text}
      />
      <span className="note">{text}</span>
    </div>
  );
};

/** What it is used for: VMs and recovery points, and the bytes where the vault can tell. */
const Usage = ({ vault: { vms } }: { readonly vault: VaultReport }) => {
  const points = vms.reduce((sum, vm) => sum + vm.points, 0);
  return (
    <span className="note">
      {t('vaults.holds', {
        vms: t('vaults.vmCount', { count: vms.length }),
        points: t('vaults.pointCount', { count: points }),
      })}
    </span>
  );
};

const MoreMenu = ({ vault: { name, kind } }: { readonly vault: VaultReport }) => (
  <Menu positioning="below-end">
    <MenuTrigger disableButtonEnhancement>
      <Button
        appearance="subtle"
        icon={<MoreHorizontal20Regular />}
        aria-label={t('action.more', { vm: name })}
      />
    </MenuTrigger>
    <MenuPopover>
      <MenuList>
        {kind === 'azure' ? (
          <MenuItem onClick={() => openDialog({ kind: 'signInVault', vault: name })}>
            {t('vaults.signIn')}
          </MenuItem>
        ) : null}
        <MenuItem onClick={() => openDialog({ kind: 'renameVault', vault: name })}>
          {t('vaults.rename')}
        </MenuItem>
        <MenuDivider />
        <MenuItem onClick={() => openDialog({ kind: 'removeVault', vault: name })}>
          {t('vaults.remove')}
        </MenuItem>
      </MenuList>
    </MenuPopover>
  </Menu>
);

const Replicas = ({ vault, nowMs }: { readonly vault: VaultReport; readonly nowMs: number }) =>
  vault.vms.length === 0 ? (
    <p className="quiet">{t('vaults.noVms')}</p>
  ) : (
    <table>
      <thead>
        <tr>
          <th scope="col">{t('vaults.column.vm')}</th>
          <th scope="col">{t('vaults.column.writer')}</th>
          <th scope="col" className="figure">
            {t('vaults.column.disks')}
          </th>
          <th scope="col" className="figure">
            {t('vaults.column.points')}
          </th>
          <th scope="col" className="figure">
            {t('vaults.column.newest')}
          </th>
        </tr>
      </thead>
      <tbody>
        {vault.vms.map((vm) => (
          <tr key={vm.id}>
            <th scope="row">{vm.name}</th>
            <td>{vm.writer}</td>
            <td className="figure">{vm.disks}</td>
            <td className="figure">{vm.points}</td>
            <td className="figure">
              {vm.newestPointAt === null ? t('common.none') : <Moment iso={vm.newestPointAt} nowMs={nowMs} />}
            </td>
          </tr>
        ))}
      </tbody>
    </table>
  );

/** One vault: whether it can be reached, its room, what it holds, and a check of every right it needs. */
export const VaultCard = ({ vault, nowMs }: { readonly vault: VaultReport; readonly nowMs: number }) => {
  const [checking, setChecking] = useState(false);
  const [report, setReport] = useState<VaultCheckReport | null>(null);
  const [error, setError] = useState<ErrorReport | null>(null);
  const check = async (): Promise<void> => {
    setChecking(true);
    setReport(null);
    setError(null);
    try {
      setReport(await ask('vault.check', { name: vault.name }));
    } catch (thrown) {
      setError(ReplicationError.from(thrown).toReport());
    }
    setChecking(false);
  };
  const shownError = error ?? vault.error;
  const Icon = vault.reachable ? CheckmarkCircle16Regular : ErrorCircle16Filled;
  return (
    <section className="card" aria-label={vault.name}>
      <div className="card-head">
        <div>
          <h2>{vault.name}</h2>
          <p className="note path">{vault.target}</p>
        </div>
        <div className="card-actions">
          <Button
            aria-label={t('vaults.checkOf', { vault: vault.name })}
            disabled={checking}
            onClick={() => void check()}
          >
            {checking ? t('vaults.checking') : t('vaults.check')}
          </Button>
          <MoreMenu vault={vault} />
        </div>
      </div>
      <p className="vault-line">
        <span className={`health ${vault.reachable ? '' : 'health-critical'}`}>
          <Icon aria-hidden="true" />
          {vault.reachable ? t('vaults.reachable') : t('vaults.away')}
        </span>
        {vault.reachable ? <Usage vault={vault} /> : null}
        <span className="note" title={formatExactTime(vault.addedAt)}>
          {t('vaults.added', { time: formatTime(vault.addedAt, nowMs) })}
        </span>
      </p>
      {vault.kind === 'azure' ? <SignInState vault={vault} nowMs={nowMs} /> : null}
      <Space vault={vault} />
      <div aria-live="polite">
        {shownError === null ? null : (
          <div className="critical-text">
            <p>{headlineOf(shownError)}</p>
            <ErrorDetails error={shownError} />
          </div>
        )}
        {report === null ? null : <CheckResult report={report} />}
      </div>
      {vault.reachable ? <Replicas vault={vault} nowMs={nowMs} /> : null}
    </section>
  );
};
