import type { ResyncHistoryEntry } from '../../../contract/resync-reports.ts';
import { Moment } from '../../components/moment.tsx';
import { formatBytes, formatDuration, formatNumber } from '../../format.ts';
import { t } from '../../i18n/words.ts';
import { engineSays, headlineOf } from '../../said-by-engine.ts';

const outcome = ({
  resolvedAt,
  comparedBlocks,
  differentBlocks,
  sentBytes,
  durationMs,
}: ResyncHistoryEntry): string => {
  if (resolvedAt === null) return t('resync.history.open');
  if (comparedBlocks === null || differentBlocks === null || sentBytes === null)
    return t('resync.history.resolved');
  const words = t('result.resync', {
    different: formatNumber(differentBlocks),
    compared: formatNumber(comparedBlocks),
    sent: formatBytes(sentBytes),
  });
  return durationMs === null ? words : `${words} (${formatDuration(durationMs / 1000)})`;
};

/** Why the VM had to be compared with its replica, what came of it, and what would have spared it; the newest first. */
export const ResyncHistory = ({
  marks,
  nowMs,
}: {
  readonly marks: readonly ResyncHistoryEntry[];
  readonly nowMs: number;
}) => (
  <section className="card">
    <h2>{t('resync.history')}</h2>
    <table>
      <thead>
        <tr>
          <th scope="col" className="figure">
            {t('resync.history.marked')}
          </th>
          <th scope="col">{t('resync.history.cause')}</th>
          <th scope="col">{t('resync.history.outcome')}</th>
        </tr>
      </thead>
      <tbody>
        {marks.toReversed().map((mark) => (
          <tr key={mark.id}>
            <td className="figure narrow">
              <Moment iso={mark.markedAt} nowMs={nowMs} />
            </td>
            <td className="event-text" title={mark.cause}>
              {mark.byHand
                ? t('resync.history.byHand')
                : headlineOf({ code: mark.code, message: mark.cause })}
              {mark.byHand ? null : (
                <div className="note">{t('trouble.prevention', { text: engineSays(mark.prevention) })}</div>
              )}
            </td>
            <td>{outcome(mark)}</td>
          </tr>
        ))}
      </tbody>
    </table>
  </section>
);
