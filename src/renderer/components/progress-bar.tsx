import type { Progress } from '../../contract/reports.ts';
import { formatBytes, formatDuration, formatPercent, formatRate } from '../format.ts';
import { phaseWords, words } from '../words.ts';

/** Short of this much time left, an estimate says nothing yet. */
const leastEtaSeconds = 5;

const details = (progress: Progress): string => {
  const { doneBytes, skippedBytes, totalBytes, rateBytesPerSecond, etaSeconds, resumedAt, blockedOn } =
    progress;
  if (blockedOn !== null) return blockedOn;
  const parts = [`${formatBytes(doneBytes + skippedBytes)} of ${formatBytes(totalBytes)}`];
  if (rateBytesPerSecond !== null) parts.push(formatRate(rateBytesPerSecond));
  if (etaSeconds !== null && etaSeconds >= leastEtaSeconds)
    parts.push(words.left(formatDuration(etaSeconds)));
  if (resumedAt !== null) parts.push(words.resumedAt(formatPercent(resumedAt)));
  return parts.join(' · ');
};

/** How far a long operation is, with what it does and what it waits for. */
export const ProgressBar = ({ progress }: { readonly progress: Progress }) => {
  const { doneBytes, skippedBytes, totalBytes, phase } = progress;
  const fraction = totalBytes === 0 ? 0 : Math.min(1, (doneBytes + skippedBytes) / totalBytes);
  const percent = formatPercent(fraction);
  return (
    <div className="progress">
      <div className="progress-head">
        <span>{phaseWords[phase]}</span>
        <span className="number">{percent}</span>
      </div>
      <progress max={1} value={fraction} aria-label={phaseWords[phase]} aria-valuetext={percent} />
      <div className="note">{details(progress)}</div>
    </div>
  );
};
