import { Button } from '@fluentui/react-components';
import { Copy16Regular } from '@fluentui/react-icons';
import { useState } from 'react';
import type { EngineReport } from '../../../contract/reports.ts';
import { copyText } from '../../components/copy-text.ts';
import { Moment } from '../../components/moment.tsx';
import { formatBytes, formatExactTime } from '../../format.ts';
import { t } from '../../i18n/words.ts';

/** Everything somebody who helps will ask for, as text. */
const asText = (engine: EngineReport): string =>
  [
    [t('settings.engine.version'), engine.version],
    [t('settings.engine.since'), formatExactTime(engine.startedAt)],
    [t('settings.engine.process'), engine.pid],
    [
      t('settings.engine.memory'),
      t('settings.engine.memoryValue', {
        now: formatBytes(engine.memoryBytes),
        peak: formatBytes(engine.peakMemoryBytes),
      }),
    ],
    [t('settings.engine.delay'), `${Math.round(engine.eventLoopDelayP99Ms)} ms`],
    [t('settings.engine.data'), engine.dataDirectory],
    [t('settings.engine.log'), engine.logFile],
    [t('settings.engine.page'), navigator.userAgent],
  ]
    .map(([name, value]) => `${name}: ${value}`)
    .join('\n');

interface EngineFactsProps {
  readonly engine: EngineReport;
  readonly nowMs: number;
}

/** What is known of the engine, to look at and to pass on. */
export const EngineFacts = ({ engine, nowMs }: EngineFactsProps) => {
  const [copied, setCopied] = useState(false);
  const copy = async (): Promise<void> => setCopied(await copyText(asText(engine)));
  return (
    <>
      <dl className="summary">
        <dt>{t('settings.engine.version')}</dt>
        <dd>{engine.version}</dd>
        <dt>{t('settings.engine.since')}</dt>
        <dd>
          <Moment iso={engine.startedAt} nowMs={nowMs} />
        </dd>
        <dt>{t('settings.engine.process')}</dt>
        <dd>{engine.pid}</dd>
        <dt>{t('settings.engine.memory')}</dt>
        <dd>
          {t('settings.engine.memoryValue', {
            now: formatBytes(engine.memoryBytes),
            peak: formatBytes(engine.peakMemoryBytes),
          })}
        </dd>
        <dt>{t('settings.engine.delay')}</dt>
        <dd>{t('settings.engine.delayValue', { value: Math.round(engine.eventLoopDelayP99Ms) })}</dd>
        <dt>{t('settings.engine.data')}</dt>
        <dd className="path">{engine.dataDirectory}</dd>
        <dt>{t('settings.engine.log')}</dt>
        <dd className="path">{engine.logFile}</dd>
      </dl>
      <div className="form-actions">
        <Button size="small" icon={<Copy16Regular />} onClick={() => void copy()}>
          {copied ? t('common.copied') : t('settings.engine.copy')}
        </Button>
      </div>
    </>
  );
};
