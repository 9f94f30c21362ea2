/** Statistics of a VM's replication over an interval, as Hyper-V's own *Replication Health* dialog lists them. */

export interface StatisticsReport {
  readonly vmId: string;
  readonly vm: string;
  /** The beginning: of the monitoring interval, or the last reset within it. */
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
  /** Waits to be sent: the disks' logs and what is remembered without one. */
  readonly pendingBytes: number;
  readonly lastSyncAt: string | null;
  /** Null until one was made. */
  readonly lastTestFailoverAt: string | null;
}

/** One past hour, or the part of it before or after a reset. */
export interface StatisticsPeriod {
  readonly from: string;
  readonly to: string;
  readonly cyclesDone: number;
  readonly cyclesDue: number;
  readonly cyclesMissed: number;
  readonly errors: number;
  readonly averageSizeBytes: number | null;
  readonly maximumSizeBytes: number | null;
  readonly averageLatencySeconds: number | null;
  readonly maximumLatencySeconds: number | null;
}

/** The answer to `vm.statistics`: the present interval, and what is kept of the past, hour by hour, the oldest first. */
export interface VmStatisticsReport extends StatisticsReport {
  readonly history: readonly StatisticsPeriod[];
}
