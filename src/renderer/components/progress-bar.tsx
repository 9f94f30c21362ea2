import type { Progress } from '../../contract/reports.ts';
import { formatBytes, formatDuration, formatPercent, formatRate } from '../format.ts';
import { t } from '../i18n/words.ts';
import { engineSays } from '../said-by-engine.ts';

/** Short of this much time left, an estimate says nothing yet. */
const leastEtaSeconds = 5;

const details = (progress: Progress): string => {
  const { doneBytes, skippedBytes, totalBytes, rateBytesPerSecond, etaSeconds, resumedAt, blockedOn } =
    progress;
  const parts = [
    t('progress.of', { done: formatBytes(doneBytes + skippedBytes), total: formatBytes(totalBytes) }),
  ];
  if (rateBytesPerSecond !== null) parts.push(formatRate(rateBytesPerSecond));
  if (etaSeconds !== null && etaSeconds >= leastEtaSeconds)
    parts.push(t('progress.left', { duration: formatDuration(etaSeconds) }));
  if (resumedAt !== null) parts.push(t('progress.resumedAt', { percent: formatPercent(resumedAt) }));
  if (blockedOn !== null) parts.push(engineSays(blockedOn));
  return parts.join(' · ');
};

interface ProgressLineProps {
  /** 0–1. */
  readonly fraction: number;
  readonly label: string;
  readonly text: string;
}

/** The line alone. It is scaled, not laid out anew: dozens of them move at once. */
export const ProgressLine = ({ fraction, label, text }: ProgressLineProps) => (
  <div
    className="progress-line"
    role="progressbar"
    aria-label={label}
    aria-valuemin={0}
    aria-valuemax={100}
    aria-valuenow={Math.floor(fraction * 100)}
    aria-valuetext={text}
  >
    <div style={{ transform: `scaleX(${fraction})` }} />
  </div>
);

/** How far a long operation is, with what it does and what it waits for. */
export const ProgressBar = ({ progress }: { readonly progress: Progress }) => {
  const { doneBytes, skippedBytes, totalBytes, phase } = progress;
  const fraction = totalBytes === 0 ? 0 : Math.min(1, (doneBytes + skippedBytes) / totalBytes);
  const percent = formatPercent(fraction);
  const name = t(`phase.${phase}`);
  return (
    <div className="progress">
      <div className="progress-head">
        <span>{name}</span>
        <span className="number">{percent}</span>
      </div>
      <ProgressLine fraction={fraction} label={name} text={percent} />
      <div className="note">{details(progress)}</div>
    </div>
  );
};
