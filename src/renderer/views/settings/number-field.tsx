import { Field, Input } from '@fluentui/react-components';
import { useEffect, useState } from 'react';

interface NumberFieldProps {
  readonly label: string;
  readonly help?: string;
  readonly unit?: string;
  readonly value: number | null;
  /** The number that was typed; `undefined` when it is none that fits. */
  read(text: string): number | null | undefined;
  print(value: number | null): string;
  /** What is said beside the field when it does not fit. */
  readonly problem: string;
  onChange(value: number | null): void;
  onReady(ready: boolean): void;
}

/** A number as it is typed: what does not fit stays in the field, and is not handed on. */
export const NumberField = (props: NumberFieldProps) => {
  const { label, help, unit, value, read, print, problem, onChange, onReady } = props;
  const [text, setText] = useState(print(value));
  const fits = read(text) !== undefined;
  // Discarded, or kept by the engine in another way than it was typed.
  // biome-ignore lint/correctness/useExhaustiveDependencies: follows the value alone
  useEffect(() => {
    if (read(text) === value) return;
    setText(print(value));
    onReady(true);
  }, [value]);
  const type = (typed: string): void => {
    setText(typed);
    const next = read(typed);
    onReady(next !== undefined);
    if (next !== undefined) onChange(next);
  };
  return (
    <Field
      label={label}
      {...(fits
        ? help === undefined
          ? {}
          : { hint: help }
        : { validationState: 'error' as const, validationMessage: problem })}
    >
      <Input
        className="short-input"
        inputMode="decimal"
        autoComplete="off"
        value={text}
        {...(unit === undefined ? {} : { contentAfter: unit })}
        onChange={(_event, data) => type(data.value)}
      />
    </Field>
  );
};

/** A whole number of a range. */
export const readWhole =
  (least: number, most: number) =>
  (text: string): number | undefined => {
    const value = /^\d{1,9}$/.test(text.trim()) ? Number(text) : Number.NaN;
    return value >= least && value <= most ? value : undefined;
  };
