import type { ReactNode } from 'react';
import type { VmStatus } from '../../../contract/reports.ts';
import { Moment } from '../../components/moment.tsx';
import { RpoBar } from '../../components/rpo-bar.tsx';
import { formatBytes, formatDuration } from '../../format.ts';
import { t } from '../../i18n/words.ts';
import type { VmRow } from '../../stores/vm-rows.ts';

interface FactProps {
  readonly title: string;
  readonly children: ReactNode;
}

const Fact = ({ title, children }: FactProps) => (
  <div>
    <dt>{title}</dt>
    <dd>{children}</dd>
  </div>
);

interface VmFactsProps {
  readonly row: VmRow;
  readonly status: VmStatus;
  readonly nowMs: number;
}

const isFrequency = (seconds: number): seconds is 30 | 300 | 900 => [30, 300, 900].includes(seconds);

/** How far the replica is behind, and by which rules it is kept. */
export const VmFacts = ({ row, status, nowMs }: VmFactsProps) => {
  const { lastSyncAt, vault, frequencySeconds, nextCycleAt, lastCycle, rpoLimitSeconds } = status;
  const none = t('common.none');
  return (
    <dl className="facts">
      <Fact title={t('vm.fact.rpo')}>
        {row.rpoSeconds === null || frequencySeconds === null ? (
          none
        ) : (
          <>
            {formatDuration(row.rpoSeconds)}
            <RpoBar rpoSeconds={row.rpoSeconds} frequencySeconds={frequencySeconds} />
            <span className="note">
              {t('vm.fact.rpoLimit', {
                duration: formatDuration(frequencySeconds),
                limit: formatDuration(rpoLimitSeconds ?? frequencySeconds),
              })}
            </span>
          </>
        )}
      </Fact>
      <Fact title={t('vm.fact.lastSync')}>
        {lastSyncAt === null ? t('vm.fact.lastSyncNever') : <Moment iso={lastSyncAt} nowMs={nowMs} />}
      </Fact>
      <Fact title={t('vm.fact.lastCycle')}>
        {lastCycle === null
          ? none
          : t('vm.fact.lastCycleValue', {
              sent: formatBytes(lastCycle.sentBytes),
              duration: formatDuration(lastCycle.durationMs / 1000),
            })}
      </Fact>
      <Fact title={t('vm.fact.next')}>
        {nextCycleAt === null ? none : <Moment iso={nextCycleAt} nowMs={nowMs} />}
      </Fact>
      <Fact title={t('vm.fact.vault')}>{vault ?? none}</Fact>
      <Fact title={t('vm.fact.frequency')}>
        {frequencySeconds !== null && isFrequency(frequencySeconds)
          ? t(`frequency.${frequencySeconds}`)
          : none}
      </Fact>
    </dl>
  );
};
