/** The cells of a VM's line. They take plain values, so that of a line only those cells are drawn again that changed. */
import { Checkbox } from '@fluentui/react-components';
import { memo } from 'react';
import type { Health, ReplicationState } from '../../../contract/model.ts';
import type { DiskStatus } from '../../../contract/reports.ts';
import { Bar, type BarTone } from '../../components/bar.tsx';
import { ButtonLink } from '../../components/button-link.tsx';
import { HealthBadge } from '../../components/health-badge.tsx';
import { LogBar } from '../../components/log-bar.tsx';
import { MainAction } from '../../components/main-action.tsx';
import { formatBytes } from '../../format.ts';
import { t } from '../../i18n/words.ts';
import { hrefOf } from '../../router.ts';
import type { RowAction } from '../../stores/vm-rows.ts';

interface SelectCellProps {
  readonly id: string;
  readonly name: string;
  readonly selected: boolean;
  onSelect(id: string, selected: boolean): void;
}

export const SelectCell = memo(({ id, name, selected, onSelect }: SelectCellProps) => (
  <td className="narrow">
    <Checkbox
      aria-label={t('overview.select', { vm: name })}
      checked={selected}
      onChange={(_event, data) => onSelect(id, data.checked === true)}
    />
  </td>
));

interface NameCellProps {
  readonly id: string;
  readonly name: string;
  readonly sizeBytes: number;
  readonly vault: string | null;
}

export const NameCell = memo(({ id, name, sizeBytes, vault }: NameCellProps) => (
  <th scope="row">
    <a href={hrefOf({ view: 'vm', id, tab: 'disks' })}>{name}</a>
    <div className="note">
      {formatBytes(sizeBytes)}
      {vault === null ? '' : ` · ${t('vm.vault', { vault })}`}
    </div>
  </th>
));

interface HealthCellProps {
  /** Null for a VM that is not protected. */
  readonly health: Health | null;
  readonly state: ReplicationState;
}

export const HealthCell = memo(({ health, state }: HealthCellProps) => (
  <td>
    {health === null ? (
      <span className="quiet">{t('state.Disabled')}</span>
    ) : (
      <>
        <HealthBadge health={health} />
        <div className="note">{t(`state.${state}`)}</div>
      </>
    )}
  </td>
));

interface RpoCellProps {
  readonly text: string;
  readonly target: string;
  /** In whole percent: what the eye cannot see need not be drawn. */
  readonly percent: number;
  readonly markPercent: number;
  readonly tone: BarTone;
}

export const RpoCell = memo(({ text, target, percent, markPercent, tone }: RpoCellProps) => (
  <td className="figure">
    {text}
    <Bar fraction={percent / 100} mark={markPercent / 100} tone={tone} label={t('column.rpo')} text={text} />
    <div className="note">{t('vm.rpoTarget', { duration: target })}</div>
  </td>
));

interface LogCellProps {
  readonly bytes: number;
  readonly thresholdBytes: number;
}

export const LogCell = memo(({ bytes, thresholdBytes }: LogCellProps) => {
  const log: Pick<DiskStatus['hrl'], 'bytes' | 'thresholdBytes'> = { bytes, thresholdBytes };
  return (
    <td className="figure">
      {formatBytes(bytes)}
      <LogBar log={log} />
      <div className="note">{t('vm.logLimit', { size: formatBytes(thresholdBytes) })}</div>
    </td>
  );
});

export const EmptyCell = memo(() => <td className="figure">{t('common.none')}</td>);

interface ActionProps {
  readonly id: string;
  readonly name: string;
}

export const ProtectAction = memo(({ id, name }: ActionProps) => (
  <ButtonLink to={{ view: 'protect', vms: [id] }} size="small" label={`${t('action.protect')} ${name}`}>
    {t('action.protect')}
  </ButtonLink>
));

export const HelpingAction = memo(({ id, name, action }: ActionProps & { readonly action: RowAction }) => (
  <MainAction action={action} vm={{ id, name }} size="small" />
));
