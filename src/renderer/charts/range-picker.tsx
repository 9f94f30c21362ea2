import { type SeriesRange, seriesRanges } from '../../contract/series.ts';
import { t } from '../i18n/words.ts';

interface RangePickerProps {
  readonly value: SeriesRange;
  onChange(range: SeriesRange): void;
}

/** How far back all charts of the view go. */
export const RangePicker = ({ value, onChange }: RangePickerProps) => (
  <fieldset className="range-picker">
    <legend className="unseen">{t('chart.range.label')}</legend>
    {seriesRanges.map((range) => (
      <label key={range}>
        <input
          type="radio"
          name="range"
          value={range}
          checked={range === value}
          onChange={() => onChange(range)}
        />
        {t(`chart.range.${range}`)}
      </label>
    ))}
  </fieldset>
);
