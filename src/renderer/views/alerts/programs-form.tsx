import { useState } from 'react';
import type { AlertsReport } from '../../../contract/alerts.ts';
import type { Settings } from '../../../contract/settings.ts';
import { TextField } from '../../components/text-field.tsx';
import { formatExactTime, formatTime } from '../../format.ts';
import { t } from '../../i18n/words.ts';
import { accountOf } from '../../said-by-engine.ts';
import { Check, numberProblem, SettingsForm, wholeNumber } from './form-parts.tsx';
import { useSaving } from './use-alerts.ts';
import { serviceProblem } from './webhook-form.tsx';

const highestPort = 65_535;

interface ProgramsFormProps {
  readonly settings: Settings;
  readonly report: AlertsReport;
  readonly nowMs: number;
  saved(): Promise<void>;
}

/** What other programs are told: metrics that they fetch, calls that they wait for. */
export const ProgramsForm = ({ settings, report, nowMs, saved }: ProgramsFormProps) => {
  const { metrics, healthPing } = settings;
  const [serves, setServes] = useState(metrics.enabled);
  const [port, setPort] = useState(String(metrics.port));
  const [calls, setCalls] = useState(healthPing.enabled);
  const [url, setUrl] = useState(healthPing.url);
  const [reportFailure, setReportFailure] = useState(healthPing.reportFailure);
  const saving = useSaving(saved);
  const portProblem = numberProblem(port, 1, highestPort);
  const urlProblem = serviceProblem(url, calls, true);
  const save = () =>
    saving.save({
      metrics: { enabled: serves, port: wholeNumber(port, 1, highestPort) ?? metrics.port },
      healthPing: { enabled: calls, url: url.trim(), reportFailure },
    });
  const { metricsUrl, metricsError, lastPingAt, pingError } = report;
  return (
    <SettingsForm
      saving={saving}
      ready={portProblem === null && urlProblem === null}
      onSave={save}
      label={t('alerts.programs')}
    >
      <Check label={t('alerts.metrics')} checked={serves} onChange={setServes} />
      {serves ? (
        <TextField
          label={t('alerts.metrics.port')}
          value={port}
          problem={portProblem}
          short
          onChange={setPort}
        />
      ) : null}
      {metricsUrl === null ? null : (
        <p className="note path">{t('alerts.metrics.served', { url: metricsUrl })}</p>
      )}
      {metricsError === null ? null : <p className="critical-text">{accountOf(metricsError)}</p>}
      <Check label={t('alerts.ping')} checked={calls} onChange={setCalls} />
      {calls ? (
        <>
          <TextField
            label={t('alerts.ping.url')}
            help={t('alerts.ping.help')}
            value={url}
            problem={urlProblem}
            onChange={setUrl}
          />
          <Check label={t('alerts.ping.failure')} checked={reportFailure} onChange={setReportFailure} />
        </>
      ) : null}
      {lastPingAt === null ? null : (
        <p className="note" title={formatExactTime(lastPingAt)}>
          {t('alerts.ping.last', { time: formatTime(lastPingAt, nowMs) })}
        </p>
      )}
      {pingError === null ? null : <p className="critical-text">{accountOf(pingError)}</p>}
    </SettingsForm>
  );
};
