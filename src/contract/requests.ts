/**
 * Everything that can be asked of an engine: name → schema of the parameters and type of the answer. The schemas are
 * checked where a request enters the engine; a `vm` is a name or an id, looked up by the handler.
 *
 * Long work answers with its job at once. Its progress comes as pushes, its end through `job.wait`.
 */

import { z } from 'zod';
import { absolutePath } from './absolute-path.ts';
import { type AlertsReport, alertChannels, secretChannels } from './alerts.ts';
import { uploadThreads } from './bandwidth.ts';
import type { DisksReport } from './disk-selection.ts';
import { eventFilterFields } from './event-filter.ts';
import type { FolderReport } from './folders.ts';
import type { HostReport, VmSummary } from './host-reports.ts';
import type { JobReport } from './job-reports.ts';
import type { LogLinesReport } from './log-lines.ts';
import { frequencySeconds, retentionHours, retentionPoints } from './new-protection.ts';
import type {
  EngineReport,
  EventReport,
  ProtectReport,
  StatusReport,
  VmHistoryReport,
  VmStatus,
} from './reports.ts';
import type { ResyncMapReport } from './resync.ts';
import type { ResyncHistoryReport } from './resync-reports.ts';
import type { RetriesReport } from './retries.ts';
import { seriesRange, type VmSeriesReport } from './series.ts';
import { type Settings, settingsChange } from './settings.ts';
import { signIn } from './sign-in.ts';
import type { VmStatisticsReport } from './statistics.ts';
import type { SupportBundleReport } from './support-bundle.ts';
import type { PointsReport, VaultCheckReport, VaultReport } from './vault-reports.ts';

const line = z
  .string()
  .trim()
  .min(1)
  .max(260)
  // biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what is refused
  .regex(/^[^\u0000-\u001f\u007f]*$/, 'must not contain control characters');

const vmKey = line;
/** A vault's name appears in file names and on command lines. */
export const vaultName = z
  .string()
  .regex(/^[\p{L}\p{N}][\p{L}\p{N} ._-]{0,62}$/u, 'must be 1–63 letters, digits, blanks, dots, hyphens');
/** A directory, or `azure:CONTAINER`. */
const vaultTarget = z.union([
  z.string().regex(/^azure:[a-z0-9](-?[a-z0-9]){2,62}$/, 'must be azure:CONTAINER'),
  absolutePath,
]);
/** A secret: it goes from the door to the engine's secret store, and into nothing that is shown or written down. */
const connectionString = z.string().min(1).max(4096);
const vaultEntry = z.strictObject({
  name: vaultName,
  target: vaultTarget,
  /** For `azure:CONTAINER`: one of the two. */
  connectionString: connectionString.optional(),
  /** Of an encrypted vault: a secret as well. */
  passphrase: z.string().min(1).max(1024).optional(),
  signIn: signIn.optional(),
});
const jobId = z.int().positive();
const limit = z.int().min(1).max(1000);

interface RequestDefinition<P extends z.ZodType, R> {
  readonly params: P;
  /** Never present: carries the answer's type. */
  readonly result?: R;
}

const answering =
  <R>() =>
  <P extends z.ZodType>(params: P): RequestDefinition<P, R> => ({ params });

const none = z.strictObject({});
const ofVm = z.strictObject({ vm: vmKey });

export const requests = {
  'host.use': answering<HostReport>()(z.strictObject({ path: absolutePath })),
  'host.show': answering<HostReport>()(none),
  /** Makes three small VMs in a directory that holds none yet, and makes it the host. Answers when it is done. */
  'host.sample': answering<HostReport>()(z.strictObject({ path: absolutePath })),
  'vm.list': answering<readonly VmSummary[]>()(none),
  'vm.show': answering<VmSummary>()(ofVm),
  /** The newest `limit` (200) attempts and cycles of a protected VM, oldest first. */
  'vm.history': answering<VmHistoryReport>()(z.strictObject({ vm: vmKey, limit: limit.optional() })),
  /** The past as charts draw it: at most 400 values a series, gaps as gaps. */
  'vm.series': answering<VmSeriesReport>()(z.strictObject({ vm: vmKey, range: seriesRange })),
  'vm.statistics': answering<VmStatisticsReport>()(ofVm),
  /** Begins the statistics of the present interval anew. */
  'vm.statistics.reset': answering<VmStatisticsReport>()(ofVm),

  /** With `encrypt`, a vault that is made is encrypted with the passphrase. */
  'vault.add': answering<VaultReport>()(vaultEntry.extend({ encrypt: z.boolean().optional() })),
  /** As `vault.add`, of a vault that exists: creates nothing. */
  'vault.open': answering<VaultReport>()(vaultEntry),
  'vault.list': answering<readonly VaultReport[]>()(none),
  /** Takes a new sign-in for a storage account. */
  'vault.signIn': answering<VaultReport>()(z.strictObject({ name: vaultName, signIn })),
  /** Ends the waiting for somebody who types a code; who waits is told `CANCELLED`. */
  'vault.signIn.cancel': answering<{ readonly cancelled: boolean }>()(z.strictObject({ name: vaultName })),
  'vault.rename': answering<VaultReport>()(z.strictObject({ name: vaultName, newName: vaultName })),
  /** Forgets the vault; what is in it stays. Refused while VMs are replicated into it. */
  'vault.remove': answering<{ readonly removed: string }>()(z.strictObject({ name: vaultName })),
  'vault.check': answering<VaultCheckReport>()(z.strictObject({ name: vaultName })),

  /** Every protected VM, worst first; with `vm`, that VM, protected or not. */
  status: answering<StatusReport>()(z.strictObject({ vm: vmKey.optional() })),
  protect: answering<ProtectReport>()(
    z.strictObject({
      vm: vmKey,
      vault: vaultName,
      /** As the settings have it when not given; so too the points. */
      frequencySeconds: frequencySeconds.optional(),
      /** Disk names or ids. */
      exclude: z.array(line).max(64).default([]),
      retentionPoints: retentionPoints.optional(),
      /** Recovery points older than this go; the newest stays. */
      retentionHours: retentionHours.optional(),
      /** Requests in flight to a storage account; as the settings have it when not given. */
      uploadThreads: uploadThreads.optional(),
      /** When the first copy may begin, within 24 hours; at once when not given. */
      startAt: z.iso.datetime({ offset: true }).optional(),
      /** Runs the prerequisite checks and changes nothing. */
      checkOnly: z.boolean().optional(),
    }),
  ),
  /** Changes the policy of a protected VM. */
  'protection.change': answering<JobReport>()(
    z
      .strictObject({
        vm: vmKey,
        frequencySeconds: frequencySeconds.optional(),
        retentionPoints: retentionPoints.optional(),
        /** Null takes the limit away. */
        retentionHours: retentionHours.nullable().optional(),
        /** Null goes back to what the settings say. */
        uploadThreads: uploadThreads.nullable().optional(),
      })
      .refine(
        ({ vm: _vm, ...change }) => Object.values(change).some((value) => value !== undefined),
        'must change something',
      ),
  ),
  /**
   * Includes disks in a protection or leaves them out, by name or id. What is included is copied for the first time, by a job
   * of its own; a protected disk that is excluded is not replicated any more and in no later recovery point.
   */
  'protection.disks': answering<DisksReport>()(
    z
      .strictObject({
        vm: vmKey,
        include: z.array(line).max(64).default([]),
        exclude: z.array(line).max(64).default([]),
        checkOnly: z.boolean().optional(),
      })
      .refine(({ include, exclude }) => include.length + exclude.length > 0, 'must name a disk'),
  ),
  /** One replication cycle now, whether or not cycles run by themselves. */
  sync: answering<JobReport>()(ofVm),
  pause: answering<VmStatus>()(ofVm),
  resume: answering<VmStatus>()(ofVm),
  unprotect: answering<JobReport>()(z.strictObject({ vm: vmKey, deleteReplica: z.boolean().optional() })),
  /** `deep` compares with what the vault's disks hold, not with their recorded digests. */
  resync: answering<JobReport>()(z.strictObject({ vm: vmKey, deep: z.boolean().optional() })),
  /** The newest `limit` (100) marks of a VM and what became of them, oldest first. */
  'resync.history': answering<ResyncHistoryReport>()(z.strictObject({ vm: vmKey, limit: limit.optional() })),
  /** What the resynchronization that runs, or the last one, knows of each disk, or of `disk` (name or id). */
  'resync.map': answering<ResyncMapReport>()(z.strictObject({ vm: vmKey, disk: line.optional() })),
  verify: answering<JobReport>()(ofVm),
  /** What was tried of a protected VM (the newest `limit`, 20) and when it is tried again. */
  retries: answering<RetriesReport>()(z.strictObject({ vm: vmKey, limit: limit.optional() })),
  /** Ends the waiting for the next attempt. */
  'retry.now': answering<VmStatus>()(ofVm),

  /** With `vault`, the VM is looked up in that vault's own catalogue. */
  points: answering<PointsReport>()(z.strictObject({ vm: vmKey, vault: vaultName.optional() })),
  restore: answering<JobReport>()(
    z.strictObject({
      vm: vmKey,
      vault: vaultName.optional(),
      /** Id of a recovery point; the newest when not given. */
      point: line.optional(),
      toDirectory: absolutePath,
      format: z.literal(['raw', 'vhd', 'vhdx']).optional(),
    }),
  ),

  /** Newest first. */
  jobs: answering<readonly JobReport[]>()(z.strictObject({ limit: limit.optional() })),
  job: answering<JobReport>()(z.strictObject({ id: jobId })),
  /** Answers as soon as the job knows; `job.wait` tells when it has ended. */
  'job.cancel': answering<JobReport>()(z.strictObject({ id: jobId })),
  /** Does what a failed or cancelled job was to do again, as a new job. */
  'job.restart': answering<JobReport>()(z.strictObject({ id: jobId })),
  /** Answers when the job has ended, or waits for somebody to act; where nothing replicates by itself, for anything. */
  'job.wait': answering<JobReport>()(z.strictObject({ id: jobId })),
  /** Oldest first: the newest `limit` events that fit, or with `sinceId` those after it. */
  events: answering<readonly EventReport[]>()(
    z.strictObject({ limit: limit.optional(), sinceId: z.int().min(0).optional(), ...eventFilterFields }),
  ),

  /** The lines of the engine's log around a moment: what led to an event, and what came of it. */
  'log.around': answering<LogLinesReport>()(z.strictObject({ at: z.iso.datetime() })),

  'settings.show': answering<Settings>()(none),
  /** Changes what is given and answers with everything. */
  'settings.change': answering<Settings>()(settingsChange),

  /** The folders in a folder of the engine's machine; without a path, where one may begin. */
  'fs.list': answering<FolderReport>()(z.strictObject({ path: absolutePath.optional() })),
  /** The machine has slept: whoever waits looks at the clock again. */
  'engine.wake': answering<{ readonly woken: number }>()(none),
  /** Alerts that hold now, and the state of the channels. */
  alerts: answering<AlertsReport>()(none),
  /** Sends a test message through a channel, as it is set up now, and answers when it was taken. */
  'alerts.test': answering<{ readonly delivered: true }>()(
    z.strictObject({ channel: z.literal(alertChannels) }),
  ),
  /** Keeps a channel's secret, or with null forgets it. */
  'alerts.secret': answering<AlertsReport>()(
    z.strictObject({ channel: z.literal(secretChannels), secret: z.string().min(1).max(1024).nullable() }),
  ),

  /** Writes a support bundle beside the engine's data: no secrets, no disk data. */
  'support.bundle': answering<SupportBundleReport>()(none),
  'engine.info': answering<EngineReport>()(none),
  /** Answered by the door that runs the engine: an orderly stop begins. */
  'engine.stop': answering<{ readonly stopping: true }>()(none),
} as const;

export type RequestName = keyof typeof requests;
/** What a caller passes: fields with a default may be left out. */
export type RequestParams<N extends RequestName> = z.input<(typeof requests)[N]['params']>;
/** What a handler receives, once checked. */
export type CheckedParams<N extends RequestName> = z.output<(typeof requests)[N]['params']>;
export type RequestResult<N extends RequestName> = NonNullable<(typeof requests)[N]['result']>;

/** One handler per request, as the engine implements them. */
export type RequestHandlers = {
  readonly [N in RequestName]: (params: CheckedParams<N>) => Promise<RequestResult<N>>;
};

export const isRequestName = (name: string): name is RequestName => Object.hasOwn(requests, name);
