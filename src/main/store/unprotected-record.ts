import { z } from 'zod';
import { unprotectedCauses } from '../../contract/unprotected-disk.ts';

/** A disk that a protected VM had at the last look and that is neither protected nor excluded. */
export const unprotectedRecord = z.object({
  id: z.string(),
  name: z.string(),
  path: z.string(),
  sizeBytes: z.number().int().min(0),
  cause: z.literal(unprotectedCauses),
  sinceMs: z.number().int().min(0),
});
export type UnprotectedRecord = Readonly<z.infer<typeof unprotectedRecord>>;
