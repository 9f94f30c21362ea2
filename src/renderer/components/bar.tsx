export type BarTone = 'quiet' | 'accent' | 'warning' | 'critical';

interface BarProps {
  /** How full, 0–1; more is shown as full. */
  readonly fraction: number;
  /** What it measures, for screen readers. */
  readonly label: string;
  /** The figure in words. */
  readonly text: string;
  readonly tone?: BarTone;
  /** Where a threshold lies, 0–1. */
  readonly mark?: number | undefined;
}

const percentOf = (fraction: number): number => Math.round(Math.min(1, Math.max(0, fraction)) * 1000) / 10;

/** A figure against its limit. */
export const Bar = ({ fraction, label, text, tone = 'quiet', mark }: BarProps) => (
  <div className={`bar bar-${tone}`}>
    <meter className="unseen" min={0} max={100} value={percentOf(fraction)} aria-label={label}>
      {text}
    </meter>
    <div className="bar-fill" style={{ inlineSize: `${percentOf(fraction)}%` }} />
    {mark === undefined ? null : (
      <div className="bar-mark" style={{ insetInlineStart: `${percentOf(mark)}%` }} />
    )}
  </div>
);
