import { memo } from 'react';
import { formatExactTime, formatTime } from '../format.ts';

interface MomentProps {
  readonly iso: string;
  readonly nowMs: number;
}

/** A time of day, with the exact time on hover. */
export const Moment = ({ iso, nowMs }: MomentProps) => <Shown iso={iso} text={formatTime(iso, nowMs)} />;

const Shown = memo(({ iso, text }: { readonly iso: string; readonly text: string }) => (
  <time dateTime={iso} title={formatExactTime(iso)}>
    {text}
  </time>
));
