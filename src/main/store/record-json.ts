import type { z } from 'zod';
import { describeIssues } from '../../contract/check-request.ts';
import { storeDamaged } from './sqlite-error.ts';

/** @throws ReplicationError `STORE_DAMAGED` when the text is not what the schema says */
export const parseRecord = <R>(schema: z.ZodType<R>, text: string, path: string, table: string): R => {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (cause) {
    throw storeDamaged(path, `a record of ${table} is not JSON`, cause);
  }
  const checked = schema.safeParse(value);
  if (!checked.success)
    throw storeDamaged(path, `a record of ${table} does not fit: ${describeIssues(checked.error)}`);
  return checked.data;
};

/** A record that could not be read back is a mistake in the program, found when it is written: the schema's error is thrown. */
export const printRecord = <R>(schema: z.ZodType<R>, record: R): string =>
  JSON.stringify(schema.parse(record));
