import { Button } from '@fluentui/react-components';
import { type ReactNode, useState } from 'react';
import type { ChannelReport } from '../../../contract/alerts.ts';
import { type ErrorReport, ReplicationError } from '../../../contract/errors.ts';
import { ErrorDetails } from '../../components/error-details.tsx';
import { formatExactTime, formatTime } from '../../format.ts';
import { t } from '../../i18n/words.ts';
import { headlineOf } from '../../said-by-engine.ts';
import { ask } from '../../stores/engine.ts';

/** Whether a channel is on, what waits, when it last carried something. */
const stateText = ({ enabled, waiting, lastSentAt }: ChannelReport, nowMs: number): string =>
  [
    t(enabled ? 'alerts.on' : 'alerts.off'),
    ...(lastSentAt === null ? [] : [t('alerts.lastSent', { time: formatTime(lastSentAt, nowMs) })]),
    ...(waiting === 0 ? [] : [t('alerts.waiting', { count: waiting })]),
  ].join(' · ');

interface ChannelCardProps {
  readonly report: ChannelReport;
  readonly nowMs: number;
  /** Whether there is something to test with. */
  readonly testable: boolean;
  tested(): Promise<void>;
  readonly children: ReactNode;
}

/** A way that alerts take: its state, a test, its settings. */
export const ChannelCard = ({ report, nowMs, testable, tested, children }: ChannelCardProps) => {
  const { channel } = report;
  const [testing, setTesting] = useState(false);
  const [outcome, setOutcome] = useState<'passed' | ErrorReport | null>(null);
  const test = async (): Promise<void> => {
    setTesting(true);
    setOutcome(null);
    try {
      await ask('alerts.test', { channel });
      setOutcome('passed');
    } catch (thrown) {
      setOutcome(ReplicationError.from(thrown).toReport());
    }
    setTesting(false);
    await tested();
  };
  const error = outcome === 'passed' ? null : (outcome ?? report.error);
  return (
    <section className="card" aria-label={t(`alerts.channel.${channel}`)}>
      <div className="card-head">
        <div>
          <h2>{t(`alerts.channel.${channel}`)}</h2>
          <p
            className="note"
            title={report.lastSentAt === null ? undefined : formatExactTime(report.lastSentAt)}
          >
            {stateText(report, nowMs)}
          </p>
        </div>
        <Button
          aria-label={t(`alerts.testOf.${channel}`)}
          disabled={testing || !testable}
          onClick={() => void test()}
        >
          {t(testing ? 'alerts.testing' : 'alerts.test')}
        </Button>
      </div>
      <div aria-live="polite">
        {outcome === 'passed' ? <p>{t(`alerts.tested.${channel}`)}</p> : null}
        {error === null ? null : (
          <div className="critical-text">
            <p>{headlineOf(error)}</p>
            <ErrorDetails error={error} />
          </div>
        )}
      </div>
      {children}
    </section>
  );
};
