import { ErrorCircle16Filled, Info16Regular, Warning16Filled } from '@fluentui/react-icons';
import { type ErrorCode, errorCatalogue } from '../../contract/error-catalogue.ts';
import type { ErrorReport } from '../../contract/errors.ts';
import type { EventReport } from '../../contract/reports.ts';
import { t } from '../i18n/words.ts';
import { hrefOf } from '../router.ts';
import { codeWords } from '../said-by-engine.ts';
import { ErrorDetails } from './error-details.tsx';
import { Moment } from './moment.tsx';

const icons = { info: Info16Regular, warning: Warning16Filled, error: ErrorCircle16Filled } as const;
const classes = { info: 'quiet', warning: 'health-warning', error: 'health-critical' } as const;

/** An event keeps the code of its error and what it said; the rest is in the catalogue and in the log. */
const errorOf = ({ text, vm, disk }: EventReport, code: ErrorCode): ErrorReport => ({
  ...errorCatalogue[code],
  code,
  message: text,
  ...(vm === null ? {} : { vm }),
  ...(disk === null ? {} : { file: disk }),
});

interface EventTableProps {
  /** In the order they are shown. */
  readonly events: readonly EventReport[];
  readonly nowMs: number;
  readonly withVm?: boolean;
}

/** Events, one a line. */
export const EventTable = ({ events, nowMs, withVm = true }: EventTableProps) => (
  <table className="card">
    <thead>
      <tr>
        <th scope="col" className="figure">
          {t('events.column.time')}
        </th>
        <th scope="col">{t('events.column.level')}</th>
        {withVm ? <th scope="col">{t('events.column.vm')}</th> : null}
        <th scope="col">{t('events.column.text')}</th>
      </tr>
    </thead>
    <tbody>
      {events.map((event) => {
        const { id, at, level, vm, vmId, text, code } = event;
        const Icon = icons[level];
        return (
          <tr key={id}>
            <td className="figure narrow">
              <Moment iso={at} nowMs={nowMs} />
            </td>
            <td className="narrow">
              <span className={`health ${classes[level]}`}>
                <Icon aria-hidden="true" />
                {t(`events.level.${level}`)}
              </span>
            </td>
            {withVm ? (
              <td>
                {vmId === null || vm === null ? (
                  t('common.none')
                ) : (
                  <a href={hrefOf({ view: 'vm', id: vmId, tab: 'disks' })}>{vm}</a>
                )}
              </td>
            ) : null}
            <td className="event-text">
              {text}
              {code === null ? null : (
                <>
                  <div className="note">{codeWords(code)}</div>
                  <ErrorDetails error={errorOf(event, code)} at={at} />
                </>
              )}
            </td>
          </tr>
        );
      })}
    </tbody>
  </table>
);
