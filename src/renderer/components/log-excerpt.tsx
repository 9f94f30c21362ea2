import { useEffect, useState } from 'react';
import type { LogLinesReport } from '../../contract/log-lines.ts';
import { formatClock, formatExactTime } from '../format.ts';
import { t } from '../i18n/words.ts';
import { ask } from '../stores/engine.ts';
import { showProblem } from '../stores/ui-store.ts';

/** What the engine's log has around a moment; null until it answered, and while nobody wants it. */
export const useLogAround = (at: string | null): LogLinesReport | null => {
  const [log, setLog] = useState<LogLinesReport | null>(null);
  useEffect(() => {
    if (at === null) return;
    let current = true;
    ask('log.around', { at }).then((answer) => current && setLog(answer), showProblem);
    return () => {
      current = false;
    };
  }, [at]);
  return log;
};

/** As it is copied. */
export const logText = ({ file, lines }: LogLinesReport): readonly string[] => [
  '',
  `${file}:`,
  ...lines.map(({ at, level, text }) => `${at} ${level} ${text}`),
];

/** Lines of the engine's log, as they stand there. */
export const LogExcerpt = ({ log: { file, lines } }: { readonly log: LogLinesReport }) => (
  <div className="log-excerpt">
    <p className="note">{t('error.log', { file })}</p>
    {/* biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reached by keyboard */}
    <section className="log-lines" tabIndex={0} aria-label={t('error.log', { file })}>
      {lines.map(({ at, level, text }, index) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: lines of a file have nothing but their place
        <div key={index} className={level === 'error' ? 'critical-text' : undefined}>
          <time dateTime={at} title={formatExactTime(at)}>
            {formatClock(at)}
          </time>{' '}
          {level} {text}
        </div>
      ))}
    </section>
  </div>
);
