/** A line of the engine's log. */
export interface LogLine {
  readonly at: string;
  readonly level: string;
  /** What was written, and behind it whatever was written with it, as JSON. Secrets were never in it. */
  readonly text: string;
}

/** The answer to `log.around`: oldest first. */
export interface LogLinesReport {
  /** The log's file on the engine's machine. */
  readonly file: string;
  readonly lines: readonly LogLine[];
}
