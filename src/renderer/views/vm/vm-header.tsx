import { HealthBadge } from '../../components/health-badge.tsx';
import { MainAction } from '../../components/main-action.tsx';
import { RowMenu } from '../../components/row-menu.tsx';
import { formatBytes, formatExactTime, formatTime } from '../../format.ts';
import { t } from '../../i18n/words.ts';
import { hrefOf } from '../../router.ts';
import type { VmRow } from '../../stores/vm-rows.ts';

/** The VM's name, state and health, and what can be done with it. */
export const VmHeader = ({ row, nowMs }: { readonly row: VmRow; readonly nowMs: number }) => {
  const { status, name, action } = row;
  const sinceMs = status?.healthReasons[0]?.sinceMs;
  const since = sinceMs === undefined ? undefined : new Date(sinceMs).toISOString();
  return (
    <div className="vm-header">
      <div>
        <a className="crumb" href={hrefOf({ view: 'overview' })}>
          {t('nav.overview')}
        </a>
        <h1>{name}</h1>
        <div className="vm-state">
          {status === null ? t('state.Disabled') : <HealthBadge health={status.health} />}
          {status === null ? null : <span>{t(`state.${status.state}`)}</span>}
          {since === undefined ? null : (
            <span className="quiet" title={formatExactTime(since)}>
              {t('vm.since', { time: formatTime(since, nowMs) })}
            </span>
          )}
          <span className="quiet">{formatBytes(row.sizeBytes)}</span>
        </div>
      </div>
      {status === null ? null : (
        <div className="vm-actions">
          {/* In trouble the message bar below has the one button that helps. */}
          {action === 'sync' ? <MainAction action="sync" vm={status} /> : null}
          <RowMenu status={status} />
        </div>
      )}
    </div>
  );
};
