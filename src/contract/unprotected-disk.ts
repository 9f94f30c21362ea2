/** Why a disk of a protected VM is not replicated though nobody left it out. */
export const unprotectedCauses = ['added', 'readable', 'unreadable'] as const;

/**
 * A disk of a protected VM that is neither protected nor excluded:
 *
 * | cause        | the disk                                                                      |
 * |--------------|-------------------------------------------------------------------------------|
 * | `added`      | came to the VM after protection was enabled                                   |
 * | `readable`   | was left out because it could not be read, and can be read now                |
 * | `unreadable` | came to the VM after protection was enabled, and cannot be read               |
 */
export interface UnprotectedDisk {
  readonly id: string;
  readonly name: string;
  /** The file the VM writes into. */
  readonly path: string;
  /** 0 while it cannot be read. */
  readonly sizeBytes: number;
  /** When it was noticed. */
  readonly since: string;
  readonly cause: (typeof unprotectedCauses)[number];
}
