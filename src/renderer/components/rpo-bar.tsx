import { formatDuration } from '../format.ts';
import { t } from '../i18n/words.ts';
import { Bar } from './bar.tsx';

/** The age swings between nothing and the frequency, plus the time a cycle takes: twice that is out of the ordinary. */
const ordinaryTimes = 2;

export const isRpoLate = (rpoSeconds: number, frequencySeconds: number): boolean =>
  rpoSeconds > frequencySeconds * ordinaryTimes;

/** Where an age lies on the bar, 0–1 and beyond; the target lies in its middle. */
export const rpoScale = (rpoSeconds: number, frequencySeconds: number): number =>
  rpoSeconds / (frequencySeconds * ordinaryTimes);

interface RpoBarProps {
  readonly rpoSeconds: number;
  readonly frequencySeconds: number;
}

/** How old the replica is, against how old it should get. */
export const RpoBar = ({ rpoSeconds, frequencySeconds }: RpoBarProps) => (
  <Bar
    fraction={rpoSeconds / (frequencySeconds * ordinaryTimes)}
    mark={1 / ordinaryTimes}
    tone={isRpoLate(rpoSeconds, frequencySeconds) ? 'warning' : 'quiet'}
    label={t('column.rpo')}
    text={formatDuration(rpoSeconds)}
  />
);
