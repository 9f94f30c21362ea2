import { Button } from '@fluentui/react-components';
import { Copy16Regular } from '@fluentui/react-icons';
import { useState } from 'react';
import type { ErrorReport } from '../../contract/errors.ts';
import { t, type WordKey } from '../i18n/words.ts';
import { nextStepOf } from '../said-by-engine.ts';
import { copyText } from './copy-text.ts';
import { LogExcerpt, logText, useLogAround } from './log-excerpt.tsx';

const linesOf = (error: ErrorReport): readonly (readonly [WordKey, string])[] => [
  ['error.code', error.code],
  ['error.class', t(`error.${error.class}`)],
  ['error.message', error.message],
  ...(error.file === undefined ? [] : ([['error.file', error.file]] as const)),
  ...(error.offset === undefined ? [] : ([['error.offset', String(error.offset)]] as const)),
  ...(error.cause === undefined ? [] : ([['error.cause', error.cause]] as const)),
  ['error.nextStep', nextStepOf(error)],
];

interface ErrorDetailsProps {
  readonly error: ErrorReport;
  /** When it happened: what the engine's log has around that moment is shown too. */
  readonly at?: string;
}

/** Everything known of an error, behind a disclosure, with a button that copies it as text. */
export const ErrorDetails = ({ error, at }: ErrorDetailsProps) => {
  const [open, setOpen] = useState(false);
  const [copied, setCopied] = useState(false);
  const log = useLogAround(open && at !== undefined ? at : null);
  const lines = linesOf(error);
  const copy = async (): Promise<void> => {
    const text = [
      ...lines.map(([key, value]) => `${t(key)}: ${value}`),
      ...(log === null ? [] : logText(log)),
    ];
    setCopied(await copyText(text.join('\n')));
  };
  return (
    <details className="error-details" onToggle={({ currentTarget }) => setOpen(currentTarget.open)}>
      <summary>{t('common.details')}</summary>
      <dl>
        {lines.map(([key, value]) => (
          <div key={key}>
            <dt>{t(key)}</dt>
            <dd>{value}</dd>
          </div>
        ))}
      </dl>
      {log === null || log.lines.length === 0 ? null : <LogExcerpt log={log} />}
      <Button size="small" icon={<Copy16Regular />} onClick={() => void copy()}>
        {copied ? t('common.copied') : t('common.copy')}
      </Button>
    </details>
  );
};
