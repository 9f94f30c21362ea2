/** The answer to `support.bundle`. */
export interface SupportBundleReport {
  /** Path on the engine's machine. */
  readonly file: string;
  readonly bytes: number;
  /** Names of the files in it. */
  readonly entries: readonly string[];
}
