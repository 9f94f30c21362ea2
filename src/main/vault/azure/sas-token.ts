import type { PermissionText } from '../../../contract/engine-phrases.ts';

/** What a shared access signature says of itself ("Create a service SAS", "Create an account SAS"). */
export interface SasFacts {
  /** When it ends; null where a stored access policy says that. */
  readonly expiresAtMs: number | null;
  /** Letters of `sp`; null where a stored access policy says that. */
  readonly permissions: string | null;
}

export const readSas = (token: string): SasFacts => {
  const fields = new URLSearchParams(token);
  const expiry = Date.parse(fields.get('se') ?? '');
  return { expiresAtMs: Number.isNaN(expiry) ? null : expiry, permissions: fields.get('sp') };
};

const words: Readonly<Record<string, PermissionText>> = {
  r: 'read',
  a: 'add',
  c: 'create',
  w: 'write',
  d: 'delete',
  x: 'delete versions',
  y: 'delete permanently',
  l: 'list',
  t: 'tags',
  f: 'find by tags',
  m: 'move',
  e: 'execute',
  i: 'immutability',
};

export const describePermissions = (letters: string): string[] =>
  [...letters].map((letter) => words[letter] ?? letter);

/** Replication lists, reads, writes and deletes. Who may write may create and take snapshots too. */
const needed = 'rwdl';

/** What replication needs and the signature does not allow. */
export const missingPermissions = (letters: string): string[] =>
  describePermissions([...needed].filter((letter) => !letters.includes(letter)).join(''));
