import { formatExactTime, formatTime } from '../format.ts';

interface MomentProps {
  readonly iso: string;
  readonly nowMs: number;
}

/** A time of day, with the exact time on hover. */
export const Moment = ({ iso, nowMs }: MomentProps) => (
  <time dateTime={iso} title={formatExactTime(iso)}>
    {formatTime(iso, nowMs)}
  </time>
);
