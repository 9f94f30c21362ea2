import { expect, test } from 'vitest';
import { formatTime } from '../../src/renderer/format.ts';
import { reasonWords } from '../../src/renderer/reason-words.ts';

test('a moment that the engine tells by UTC is told by the clock of whoever reads', () => {
  const local = formatTime('2026-03-01T22:05:00Z', Date.now());
  const text = 'It is being resynchronized, asked for by hand at 2026-03-01 22:05 UTC.';
  expect(reasonWords({ kind: 'resyncAsked', text })).toBe(
    `It is being resynchronized, asked for by hand at ${local}.`,
  );
});
