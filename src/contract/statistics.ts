/** Statistics of a VM's replication over an interval, as Hyper-V's own *Replication Health* dialog lists them. */

/** What cycles came to from one moment to another: of a past hour, or of the part of it before or after a reset. */
export interface StatisticsPeriod {
  readonly from: string;
  readonly to: string;
  /** Cycles done, of those that were due: "x of y". */
  readonly cyclesDone: number;
  readonly cyclesDue: number;
  /** Due and not done: failed, skipped because the one before took too long, or due while no engine ran. */
  readonly cyclesMissed: number;
  /** Attempts that failed, retries too. */
  readonly errors: number;
  /** Of the cycles done; null when there was none. */
  readonly averageSizeBytes: number | null;
  readonly maximumSizeBytes: number | null;
  /** From the source time of what a cycle sent to its confirmation by the vault; of cycles that sent something. */
  readonly averageLatencySeconds: number | null;
  readonly maximumLatencySeconds: number | null;
}

/** From the beginning of the monitoring interval, or the last reset within it, until now. */
export interface StatisticsReport extends StatisticsPeriod {
  readonly vmId: string;
  readonly vm: string;
  /** Waits to be sent: the disks' logs and what is remembered without one. */
  readonly pendingBytes: number;
  readonly lastSyncAt: string | null;
  /** Null until one was made. */
  readonly lastTestFailoverAt: string | null;
}

/** The answer to `vm.statistics`: the present interval, and what is kept of the past, hour by hour, the oldest first. */
export interface VmStatisticsReport extends StatisticsReport {
  readonly history: readonly StatisticsPeriod[];
}
