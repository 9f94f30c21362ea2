import { Checkbox, Field, Input } from '@fluentui/react-components';
import { type PointerEvent, useId, useState } from 'react';
import type { WeekHours } from '../../contract/week-hours.ts';
import { type Weekday, weekdays } from '../../contract/weekdays.ts';
import { t } from '../i18n/words.ts';
import { dayMinutes, drawn, hoursAWeek, isOverMidnight, weekSegments } from './week-segments.ts';

interface WeekHoursFieldProps {
  readonly label: string;
  readonly help?: string;
  readonly value: WeekHours;
  readonly disabled?: boolean;
  onChange(hours: WeekHours): void;
}

/** Drawing goes by half hours; the fields below take any minute. */
const stepMinutes = 30;
const ticks = [0, 6, 12, 18, 24] as const;
const share = (minutes: number): string => `${(minutes / dayMinutes) * 100}%`;

interface Drawing {
  readonly day: Weekday;
  readonly from: number;
  readonly to: number;
}

const timeAt = ({ currentTarget, clientX }: PointerEvent): number => {
  const { left, width } = currentTarget.getBoundingClientRect();
  const fraction = Math.min(1, Math.max(0, (clientX - left) / width));
  return Math.round((fraction * dayMinutes) / stepMinutes) * stepMinutes;
};

/** What is wrong with the hours; null when nothing is. */
export const weekHoursProblem = ({ days, from, to }: WeekHours): string | null => {
  if (days.length === 0) return t('weekHours.noDay');
  return from === '' || to === '' ? t('weekHours.noTime') : null;
};

/**
 * Hours of the week: a line for each day, on which they are drawn with the pointer. Everything can be set by keyboard too:
 * the days by their boxes, the times in their fields.
 */
export const WeekHoursField = ({ label, help, value, disabled = false, onChange }: WeekHoursFieldProps) => {
  const id = useId();
  const [drawing, setDrawing] = useState<Drawing | null>(null);
  const shown =
    drawing === null || drawing.from === drawing.to
      ? value
      : drawn(value, drawing.day, drawing.from, drawing.to);
  const segments = weekSegments(shown);
  const problem = weekHoursProblem(value);
  const setDay = (day: Weekday, included: boolean): void =>
    onChange({
      ...value,
      days: weekdays.filter((known) => (known === day ? included : value.days.includes(known))),
    });
  const begin = (day: Weekday) => (event: PointerEvent<HTMLDivElement>) => {
    if (disabled || event.button !== 0) return;
    event.currentTarget.setPointerCapture(event.pointerId);
    setDrawing({ day, from: timeAt(event), to: timeAt(event) });
  };
  const draw = (event: PointerEvent): void => {
    if (drawing !== null) setDrawing({ ...drawing, to: timeAt(event) });
  };
  const end = (): void => {
    if (drawing !== null && drawing.from !== drawing.to) onChange(shown);
    setDrawing(null);
  };
  return (
    <fieldset className="week-hours" disabled={disabled} aria-describedby={`${id}-summary`}>
      <legend>{label}</legend>
      {help === undefined ? null : <p className="note">{help}</p>}
      <div className="week-grid">
        <span />
        <div className="week-axis" aria-hidden="true">
          {ticks.map((hour) => (
            <span key={hour} style={{ insetInlineStart: share(hour * 60) }}>
              {hour}
            </span>
          ))}
        </div>
        {weekdays.map((day, index) => (
          <div className="week-day" key={day}>
            <Checkbox
              label={t(`weekday.${day}`)}
              checked={shown.days.includes(day)}
              disabled={disabled}
              onChange={(_event, { checked }) => setDay(day, checked === true)}
            />
            <div
              className="week-track"
              onPointerDown={begin(day)}
              onPointerMove={draw}
              onPointerUp={end}
              onPointerCancel={() => setDrawing(null)}
            >
              {segments[index]?.map(({ from, to }) => (
                <span
                  key={from}
                  className="week-open"
                  style={{ insetInlineStart: share(from), inlineSize: share(to - from) }}
                />
              ))}
            </div>
          </div>
        ))}
      </div>
      <div className="week-times">
        <Field label={t('weekHours.from')}>
          <Input
            type="time"
            value={shown.from}
            disabled={disabled}
            onChange={(_event, data) => onChange({ ...value, from: data.value })}
          />
        </Field>
        <Field label={t('weekHours.to')}>
          <Input
            type="time"
            value={shown.to}
            disabled={disabled}
            onChange={(_event, data) => onChange({ ...value, to: data.value })}
          />
        </Field>
      </div>
      <p id={`${id}-summary`} className={problem === null ? 'note' : 'critical-text'}>
        {problem ??
          `${isOverMidnight(shown) ? `${t('weekHours.overMidnight')} ` : ''}${t('weekHours.sum', {
            hours: Math.round(hoursAWeek(shown) * 10) / 10,
          })}`}
      </p>
    </fieldset>
  );
};
