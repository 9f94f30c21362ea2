import type { AlertReport } from '../../../contract/alerts.ts';
import { EmptyState } from '../../components/empty-state.tsx';
import { HealthBadge } from '../../components/health-badge.tsx';
import { Moment } from '../../components/moment.tsx';
import { t } from '../../i18n/words.ts';
import { hrefOf } from '../../router.ts';
import { alertWords } from '../../said-by-engine.ts';

interface ActiveAlertsProps {
  readonly alerts: readonly AlertReport[];
  readonly nowMs: number;
}

const Line = ({ alert, nowMs }: { readonly alert: AlertReport; readonly nowMs: number }) => {
  const { severity, vmId, vm, text, since, toldAt } = alert;
  return (
    <tr>
      <td>
        <HealthBadge health={severity === 'critical' ? 'Critical' : 'Warning'} />
      </td>
      <th scope="row">
        {vmId === null ? t('common.none') : <a href={hrefOf({ view: 'vm', id: vmId, tab: 'disks' })}>{vm}</a>}
      </th>
      <td title={text}>{alertWords(alert)}</td>
      <td className="figure">
        <Moment iso={since} nowMs={nowMs} />
      </td>
      <td className="figure">
        {toldAt === null ? t('alerts.notTold') : <Moment iso={toldAt} nowMs={nowMs} />}
      </td>
    </tr>
  );
};

/** What holds now, the gravest first. */
export const ActiveAlerts = ({ alerts, nowMs }: ActiveAlertsProps) =>
  alerts.length === 0 ? (
    <EmptyState title={t('alerts.none')} help={t('alerts.noneHelp')} />
  ) : (
    <table className="card">
      <thead>
        <tr>
          <th scope="col">{t('column.health')}</th>
          <th scope="col">{t('column.vm')}</th>
          <th scope="col">{t('alerts.column.text')}</th>
          <th scope="col" className="figure">
            {t('alerts.column.since')}
          </th>
          <th scope="col" className="figure">
            {t('alerts.column.told')}
          </th>
        </tr>
      </thead>
      <tbody>
        {alerts.map((alert) => (
          <Line key={alert.key} alert={alert} nowMs={nowMs} />
        ))}
      </tbody>
    </table>
  );
