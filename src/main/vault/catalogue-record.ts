import { z } from 'zod';
import { ReplicationError } from '../../contract/errors.ts';
import type { VaultVm } from './replica-vault.ts';

/** What the catalogues of all kinds of vault have in common. */

const count = z.number().int().nonnegative();

const diskSchema = z.object({
  diskId: z.string().min(1),
  name: z.string(),
  sizeBytes: count,
  logicalSectorBytes: count,
  sourceFormat: z.enum(['raw', 'vhd', 'vhdx']),
  isOperatingSystem: z.boolean(),
  joins: z.boolean().optional(),
});

/** A VM's entry; the same fields as `VaultVm`. */
export const vmSchema = z.object({
  vmId: z.string().min(1),
  name: z.string(),
  generation: z.union([z.literal(1), z.literal(2), z.null()]),
  disks: z.array(diskSchema),
  frequencySeconds: z.number(),
  retentionPoints: z.number(),
  retentionHours: z.number().nullable().optional(),
  protectedAtMs: z.number(),
  writer: z.object({ installationId: z.string(), name: z.string() }),
  formerDisks: z.array(diskSchema).optional(),
});
export type CatalogueVm = z.infer<typeof vmSchema>;

interface PointDisks {
  readonly disks: readonly { readonly diskId: string }[];
}

/** A VM's new entry, with the disks that left it for as long as one of the points has them: what a restore must know. */
export const successorOf = (
  before: CatalogueVm,
  after: VaultVm,
  points: readonly PointDisks[],
): CatalogueVm => {
  const { formerDisks: _, ...entry } = vmSchema.parse(after);
  const inVm = new Set(entry.disks.map(({ diskId }) => diskId));
  const inPoints = new Set(points.flatMap(({ disks }) => disks.map(({ diskId }) => diskId)));
  const left = [...before.disks, ...(before.formerDisks ?? [])].filter(
    ({ diskId }) => !inVm.has(diskId) && inPoints.has(diskId),
  );
  return left.length === 0 ? entry : { ...entry, formerDisks: left };
};

/** The disks that a point made now has: all of the VM's but those whose first copy is not complete. */
export const memberIds = ({ disks }: Pick<CatalogueVm, 'disks'>): ReadonlySet<string> =>
  new Set(disks.filter(({ joins }) => joins !== true).map(({ diskId }) => diskId));

/**
 * Reads a record of the catalogue.
 * @throws VAULT_CORRUPT, VAULT_UNSUPPORTED when its format is newer than `newestFormat`
 */
export const parseCatalogue = <T>(
  schema: z.ZodType<T>,
  newestFormat: number,
  path: string,
  text: string,
): T => {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (cause) {
    throw new ReplicationError('VAULT_CORRUPT', `${path} is not readable as JSON.`, { file: path, cause });
  }
  const format = (value as { format?: unknown } | null)?.format;
  if (typeof format === 'number' && format > newestFormat) {
    throw new ReplicationError(
      'VAULT_UNSUPPORTED',
      `${path} was written by a newer version (format ${format}).`,
      { file: path },
    );
  }
  const result = schema.safeParse(value);
  if (result.success) return result.data;
  const issue = result.error.issues[0];
  const where = issue === undefined ? '' : ` (${issue.path.join('.')}: ${issue.message})`;
  throw new ReplicationError('VAULT_CORRUPT', `${path} does not hold what it should${where}.`, {
    file: path,
  });
};

/** A point's id: the time of its cut and its number, told apart from those that `taken` has. */
export const newPointId = (takenAtMs: number, cut: number, taken: readonly string[]): string => {
  const time = new Date(takenAtMs).toISOString().replace(/[-:]|\.\d+/g, '');
  const wanted = `${time}-${cut}`;
  let id = wanted;
  for (let round = 2; taken.includes(id); round += 1) id = `${wanted}-${round}`;
  return id;
};
