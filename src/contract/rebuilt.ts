/** A database that was damaged, set aside and rebuilt. */
export interface RebuiltReport {
  readonly at: string;
  /** What was found, what was done about it, and what is lost. */
  readonly text: string;
  /** VMs of which the vault has not yet been asked where they stand. */
  readonly waitingVms: number;
}
