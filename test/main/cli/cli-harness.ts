import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable, Writable } from 'node:stream';
import type { JobReport } from '../../../src/contract/job-reports.ts';
import type { VmStatus } from '../../../src/contract/reports.ts';
import type { CliEnvironment } from '../../../src/main/cli/environment.ts';
import { runCli } from '../../../src/main/cli/program.ts';
import { type Handlers, RecordingConsole } from '../../support/recording-console.ts';

class Captured extends Writable {
  text = '';
  override _write(chunk: Buffer, _encoding: string, done: () => void): void {
    this.text += chunk.toString();
    done();
  }
}

export interface Ran {
  readonly exitCode: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs `hvrc` in this process on a data directory of its own, with a console that answers from a table. */
export class CliHarness {
  readonly directory = mkdtempSync(join(tmpdir(), 'hvrc-cli-'));
  readonly data = join(this.directory, 'data');
  console = new RecordingConsole();
  opened = 0;
  /** What is typed. */
  input = '';
  /** The environment beside HVRC_DATA. */
  variables: Readonly<Record<string, string>> = {};
  #interrupt: () => void = () => undefined;

  answer(handlers: Handlers): RecordingConsole {
    this.console = new RecordingConsole(handlers);
    return this.console;
  }

  /** A Ctrl-C. */
  interrupt(): void {
    this.#interrupt();
  }

  environment(stdout: Captured, stderr: Captured): CliEnvironment {
    return {
      stdout,
      stderr,
      stdin: Readable.from([this.input]),
      env: { HVRC_DATA: this.data, ...this.variables },
      cwd: this.directory,
      now: () => Date.parse('2026-11-20T12:00:00Z'),
      workersDirectory: this.directory,
      openConsole: async () => {
        this.opened++;
        return this.console;
      },
      onInterrupt: (listener) => {
        this.#interrupt = listener;
        return () => {
          this.#interrupt = () => undefined;
        };
      },
    };
  }

  async run(...args: string[]): Promise<Ran> {
    const stdout = new Captured();
    const stderr = new Captured();
    const exitCode = await runCli(args, this.environment(stdout, stderr));
    return { exitCode, stdout: stdout.text, stderr: stderr.text };
  }

  remove(): void {
    rmSync(this.directory, { recursive: true });
  }
}

export const job = (changes: Partial<JobReport> = {}): JobReport => ({
  blockedOn: null,
  canCancel: true,
  canRestart: false,
  id: 17,
  kind: 'cycle',
  vmId: 'vm-1',
  vm: 'WEB01',
  state: 'running',
  steps: [],
  startedAt: '2026-11-20T11:59:00.000Z',
  endedAt: null,
  percent: null,
  error: null,
  nextAttemptAt: null,
  result: null,
  ...changes,
});

export const cycle = {
  kind: 'cycle',
  vm: 'WEB01',
  changedBytes: 40_960,
  sentBytes: 45_056,
  blocksCompared: 1000,
  blocksChanged: 2,
  durationMs: 1_500,
  consistency: 'crash',
  point: '20261120T115900Z-4',
} as const;

export const vmStatus = (changes: Partial<VmStatus> = {}): VmStatus => ({
  id: 'vm-1',
  name: 'WEB01',
  path: '/vms/WEB01',
  protected: true,
  state: 'Replicating',
  stateNumber: 3,
  health: 'Normal',
  healthReasons: [],
  vault: 'nas',
  frequencySeconds: 30,
  rpoSeconds: 25,
  rpoLimitSeconds: 900,
  lastSyncAt: '2026-11-20T11:59:35.000Z',
  nextCycleAt: null,
  paused: false,
  activity: null,
  retry: null,
  resync: null,
  lastCycle: null,
  disks: [
    {
      id: 'disk-1',
      name: 'web01.vhd',
      path: '/vms/WEB01/web01.vhd',
      format: 'vhd',
      sizeBytes: 96 * 2 ** 20,
      replica: '/vault/WEB01/web01.vhdx',
      excluded: false,
      hrl: {
        path: '/vms/WEB01/web01.vhd.hrl',
        bytes: 1_572_864,
        thresholdBytes: 48 * 2 ** 20,
        thresholdAt: null,
        degraded: null,
      },
      progress: null,
      error: null,
    },
  ],
  ...changes,
});
