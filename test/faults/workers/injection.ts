import type { ErrorCode } from '../../../src/contract/error-catalogue.ts';
import type { VaultMethod } from '../../support/faulty-vault.ts';

/** What goes wrong in a worker, from its next task on. `change` is a pattern of names as `CrashingFileOps` gives them. */
export type Injection =
  /** The system answers changes of the vault's files with this. */
  | { readonly kind: 'vaultFile'; readonly change: string; readonly errno: string }
  /** A method of the vault port throws this. */
  | { readonly kind: 'port'; readonly method: VaultMethod; readonly code: ErrorCode }
  /** The thread dies half way through a change of the vault's files. */
  | { readonly kind: 'killed'; readonly change: string }
  /** The vault's directory goes away just before a change. */
  | { readonly kind: 'vanishes'; readonly change: string; readonly root: string }
  /** The system answers writes to files whose path contains this with that. */
  | { readonly kind: 'write'; readonly pathPart: string; readonly errno: string };

/** What a task's parameters carry beside their own. */
export interface Injected {
  readonly injection?: Injection | null;
}
