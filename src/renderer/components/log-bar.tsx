import type { DiskStatus } from '../../contract/reports.ts';
import { formatPercent } from '../format.ts';
import { t } from '../i18n/words.ts';
import { Bar, type BarTone } from './bar.tsx';

/** From this share of the threshold on, somebody should look. */
const warningShare = 0.6;

type LogSize = Pick<DiskStatus['hrl'], 'bytes' | 'thresholdBytes'>;

export const logShareOf = ({ bytes, thresholdBytes }: LogSize): number =>
  thresholdBytes === 0 ? 0 : bytes / thresholdBytes;

interface LogBarProps {
  readonly log: LogSize;
  /** Where the threshold lies on the bar; the end of it when not given. */
  readonly thresholdAt?: number;
}

/** A replication log against the 50 % of its disk at which a resynchronization is due. */
export const LogBar = ({ log, thresholdAt }: LogBarProps) => {
  const share = logShareOf(log);
  const tone: BarTone = share >= 1 ? 'critical' : share >= warningShare ? 'warning' : 'quiet';
  return (
    <Bar
      fraction={share * (thresholdAt ?? 1)}
      mark={thresholdAt}
      tone={tone}
      label={t('column.log')}
      text={t('vm.logShare', { percent: formatPercent(share) })}
    />
  );
};
