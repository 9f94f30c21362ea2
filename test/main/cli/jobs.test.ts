import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { ReplicationError } from '../../../src/contract/errors.ts';
import type { ChangeResult, JobReport } from '../../../src/contract/job-reports.ts';
import type { Progress } from '../../../src/contract/reports.ts';
import { CliHarness, cycle, job, vmStatus } from './cli-harness.ts';

let cli: CliHarness;
beforeEach(() => {
  cli = new CliHarness();
});
afterEach(() => cli.remove());

const never = () => new Promise<never>(() => undefined);
const unreachable = new ReplicationError('VAULT_UNREACHABLE', 'The share is gone.').toReport();
const succeeded = job({ state: 'succeeded', endedAt: '2026-11-20T12:00:00.000Z', result: cycle });

const progress = (changes: Partial<Progress> = {}): Progress => ({
  phase: 'initial',
  doneBytes: 0,
  skippedBytes: 0,
  totalBytes: 1000,
  rateBytesPerSecond: null,
  etaSeconds: null,
  resumedAt: null,
  blockedOn: null,
  ...changes,
});
const pushProgress = (changes: Partial<Progress>) => {
  const status = vmStatus();
  const [disk] = status.disks;
  cli.console.push({
    kind: 'status',
    status: { ...status, disks: [{ ...disk!, progress: progress(changes) }] },
  });
};

describe('a command that waits for its job', () => {
  it('prints the job’s result when it succeeded', async () => {
    cli.answer({ sync: () => job(), 'job.wait': () => succeeded });
    const forPrograms = await cli.run('sync', 'WEB01', '--json');
    expect(forPrograms).toMatchObject({ exitCode: 0, stderr: '' });
    expect(JSON.parse(forPrograms.stdout)).toEqual(cycle);
    expect((await cli.run('sync', 'WEB01')).stdout).toBe(
      'WEB01: 40.0 KB changed, 44.0 KB sent in 1.5 seconds; the cut is crash-consistent.\n',
    );
  });

  it('ends with 75 where the engine tries again by itself, else with 1', async () => {
    const corrupt = new ReplicationError('HRL_CORRUPT', 'The log is damaged.').toReport();
    cli.answer({ sync: () => job(), 'job.wait': () => job({ state: 'failed', error: corrupt }) });
    const failed = await cli.run('sync', 'WEB01');
    expect(failed).toMatchObject({ exitCode: 1, stdout: '' });
    expect(failed.stderr).toBe(
      'hvrc: WEB01: The log is damaged. [HRL_CORRUPT]\nNext: Resynchronize the VM.\n',
    );
    cli.answer({ sync: () => job(), 'job.wait': () => job({ state: 'failed', error: unreachable }) });
    const cycle = await cli.run('sync', 'WEB01');
    expect(cycle.exitCode).toBe(75);
    expect(cycle.stderr).toContain('; replication tries again by itself.');
    const ended = job({ kind: 'verify', state: 'failed', error: unreachable });
    cli.answer({ verify: () => ended, 'job.wait': () => ended });
    const verification = await cli.run('verify', 'WEB01');
    expect(verification.exitCode).toBe(1);
    expect(verification.stderr).toContain(', then try again.');
  });

  it('does not wait for the next attempt, but says when it is', async () => {
    cli.answer({
      resync: () => {
        queueMicrotask(() =>
          cli.console.push({
            kind: 'job',
            job: job({
              state: 'waitingForRetry',
              error: unreachable,
              nextAttemptAt: '2026-11-20T12:02:00.000Z',
            }),
          }),
        );
        return job();
      },
      'job.wait': never,
    });
    const { exitCode, stderr } = await cli.run('resync', 'WEB01');
    expect(exitCode).toBe(75);
    expect(stderr).toMatch(/^The next attempt is at \d\d:02:00\.\nhvrc: WEB01: The share is gone\./);
  });

  it('hears a job that ended before it was known', async () => {
    cli.answer({
      sync: () => {
        cli.console.push({ kind: 'job', job: succeeded });
        return job();
      },
      'job.wait': never,
    });
    expect((await cli.run('sync', 'WEB01')).exitCode).toBe(0);
  });

  it('prints progress as lines in a pipe: what begins, then each tenth, resumed and blocked said', async () => {
    cli.answer({
      resync: () => job(),
      'job.wait': () => {
        for (const doneBytes of [610, 612, 650, 700, 799]) pushProgress({ doneBytes, resumedAt: 0.61 });
        pushProgress({ doneBytes: 799, blockedOn: 'the vault: next try at 14:32' });
        pushProgress({ doneBytes: 500, skippedBytes: 500, rateBytesPerSecond: 2048, etaSeconds: 0 });
        return succeeded;
      },
    });
    const { stderr } = await cli.run('resync', 'WEB01');
    expect(stderr.split('\n')).toEqual([
      ' 61 %  WEB01: web01.vhd (disk 1 of 1): initial replication, 610 bytes of 1000 bytes, resumed at 61 %',
      ' 70 %  WEB01: web01.vhd (disk 1 of 1): initial replication, 700 bytes of 1000 bytes, resumed at 61 %',
      ' 79 %  WEB01: web01.vhd (disk 1 of 1): initial replication, 799 bytes of 1000 bytes, waiting for the vault: next try at 14:32',
      '100 %  WEB01: web01.vhd (disk 1 of 1): initial replication, 1000 bytes of 1000 bytes, 2.00 KB/s, 0 seconds left',
      '',
    ]);
  });

  it('prints no progress for programs', async () => {
    cli.answer({
      sync: () => job(),
      'job.wait': () => {
        pushProgress({ doneBytes: 500 });
        return succeeded;
      },
    });
    expect((await cli.run('sync', 'WEB01', '--json')).stderr).toBe('');
  });

  it('cancels the job at a Ctrl-C, waits for its end and ends with 130', async () => {
    const ended = Promise.withResolvers<JobReport>();
    cli.answer({
      verify: () => job(),
      'job.wait': () => {
        cli.interrupt();
        return ended.promise;
      },
      'job.cancel': () => {
        ended.resolve(job({ state: 'cancelled' }));
        return job({ state: 'cancelling' });
      },
    });
    const { exitCode, stdout, stderr } = await cli.run('verify', 'WEB01');
    expect(exitCode).toBe(130);
    expect(stdout).toBe('');
    expect(stderr).toContain('was cancelled. [CANCELLED]');
    expect(cli.console.asked.map(({ name }) => name)).toEqual(['verify', 'job.wait', 'job.cancel']);
    expect(cli.console.stopped).toBe(1);
  });

  it('ends when the engine says that the job is paused, and how it goes on', async () => {
    cli.answer({
      resync: () => job({ kind: 'resync' }),
      'job.wait': () => job({ kind: 'resync', state: 'paused' }),
    });
    const { exitCode, stderr } = await cli.run('resync', 'WEB01');
    expect(exitCode).toBe(1);
    expect(stderr).toContain(
      'is paused, and goes on where it stands after hvrc resume WEB01. [STATE_INVALID]',
    );
  });

  it('leaves a resynchronization to the engine at a Ctrl-C', async () => {
    cli.answer({
      resync: () => job({ kind: 'resync' }),
      'job.wait': () => {
        cli.interrupt();
        return never();
      },
    });
    const { exitCode } = await cli.run('resync', 'WEB01');
    expect(exitCode).toBe(130);
    expect(cli.console.asked.map(({ name }) => name)).not.toContain('job.cancel');
  });
});

describe('protect', () => {
  const passed = [{ name: 'One OS disk', outcome: 'pass', detail: 'web01.vhd', fix: null, error: null }];
  const report = (changes = {}) => ({
    vm: 'WEB01',
    checks: passed,
    status: vmStatus(),
    job: job({ kind: 'initial', state: 'queued' }),
    ...changes,
  });

  it('passes on what was chosen', async () => {
    cli.answer({ protect: () => report() });
    await cli.run(
      ...'protect WEB01 --vault nas --frequency 30 --exclude a.vhd --exclude b.vhd --retention 5'.split(' '),
    );
    expect(cli.console.asked[0]?.params).toEqual({
      vm: 'WEB01',
      vault: 'nas',
      frequencySeconds: 30,
      exclude: ['a.vhd', 'b.vhd'],
      retentionPoints: 5,
    });
  });

  it('without an engine says that the copy begins when one runs', async () => {
    cli.answer({ protect: () => report() });
    const { stdout } = await cli.run('protect', 'WEB01', '--vault', 'nas');
    expect(stdout).toContain('begins when the engine runs: hvrc run');
    expect(cli.console.started).toBe(0);
  });

  it('--start-at passes the next such time on, and says when the copy begins', async () => {
    const nextAttemptAt = '2026-11-20T21:30:00.000Z';
    cli.answer({ protect: () => report({ job: job({ kind: 'initial', state: 'queued', nextAttemptAt }) }) });
    const begins = '2026-11-20T22:30:00+01:00';
    const { exitCode, stdout } = await cli.run('protect', 'WEB01', '--vault', 'nas', '--start-at', begins);
    expect(exitCode).toBe(0);
    expect(cli.console.asked[0]?.params).toMatchObject({ startAt: nextAttemptAt });
    expect(stdout).toMatch(/begins when the engine runs: hvrc run, not before .*:30/);
    await cli.run('protect', 'WEB01', '--vault', 'nas', '--start-at', '22:30');
    const { startAt } = cli.console.asked[1]!.params as { startAt: string };
    expect(new Date(startAt).getHours()).toBe(22);
    expect(Date.parse(startAt)).toBeGreaterThan(Date.now());
    expect((await cli.run('protect', 'WEB01', '--vault', 'nas', '--start-at', 'tonight')).exitCode).toBe(2);
  });

  it('--wait starts the cycles and follows the first copy to its end', async () => {
    const initial = job({
      kind: 'initial',
      state: 'succeeded',
      result: {
        kind: 'initial',
        vm: 'WEB01',
        sentBytes: 2048,
        skippedBytes: 1024,
        durationMs: 900,
        consistency: 'crash',
        point: 'p',
      },
    });
    cli.answer({ protect: () => report(), 'job.wait': () => initial });
    const { exitCode, stdout } = await cli.run('protect', 'WEB01', '--vault', 'nas', '--wait', '--json');
    expect(exitCode).toBe(0);
    expect(JSON.parse(stdout)).toMatchObject({
      vm: 'WEB01',
      job: { state: 'succeeded', result: { sentBytes: 2048 } },
    });
    expect(cli.console).toMatchObject({ started: 1, stopped: 1 });
  });

  it('--check ends with 1 when a check failed, and names it', async () => {
    const failed = [
      ...passed,
      { name: 'Sector size', outcome: 'fail', detail: '4096 bytes', fix: 'Convert it.' },
    ];
    cli.answer({ protect: () => report({ checks: failed, status: null, job: null }) });
    const { exitCode, stdout } = await cli.run('protect', 'WEB01', '--vault', 'nas', '--check');
    expect(exitCode).toBe(1);
    expect(stdout).toMatch(/Sector size +FAILED +4096 bytes/);
    expect(stdout).toContain('Sector size: Convert it.');
    expect(cli.console.asked[0]?.params).toMatchObject({ checkOnly: true });
  });
});

describe('verify', () => {
  it('ends with 1 when the replica differs, and shows where', async () => {
    const result = {
      kind: 'verify',
      vm: 'WEB01',
      blocks: 10,
      differentBlocks: 1,
      identical: false,
      firstDifferences: [{ disk: 'web01.vhd', offset: 32768, lengthBytes: 4096 }],
      durationMs: 5,
    } as const;
    cli.answer({
      verify: () => job(),
      'job.wait': () => job({ kind: 'verify', state: 'succeeded', result }),
    });
    const { exitCode, stdout } = await cli.run('verify', 'WEB01');
    expect(exitCode).toBe(1);
    expect(stdout).toMatch(/1 of 10 blocks differ[\s\S]*web01\.vhd +32768 +4\.00 KB[\s\S]*hvrc resync WEB01/);
  });
});

describe('protection set', () => {
  const changed = (older: Pick<ChangeResult, 'dropsOlder' | 'droppedPoints'> = {}) =>
    job({
      kind: 'change',
      state: 'succeeded',
      result: {
        kind: 'change',
        vm: 'WEB01',
        frequencySeconds: 30,
        retentionPoints: 5,
        retentionHours: null,
        uploadThreads: null,
        ...older,
      },
    });

  it.each([
    [{ droppedPoints: 1 }, 'An older one was dropped.'],
    [{ droppedPoints: 19 }, '19 older ones were dropped.'],
    [{ dropsOlder: true }, 'Older ones are dropped when the next one is made.'],
  ])('asks for what is named alone, and says what becomes of older points: %j', async (older, words) => {
    cli.answer({ 'protection.change': () => job({ kind: 'change' }), 'job.wait': () => changed(older) });
    const { exitCode, stdout } = await cli.run('protection', 'set', 'WEB01', '--retention', '5');
    expect(exitCode).toBe(0);
    expect(cli.console.asked[0]?.params).toEqual({ vm: 'WEB01', retentionPoints: 5 });
    expect(stdout).toBe(`WEB01: A cycle every 30 seconds; 5 recovery points kept. ${words}\n`);
  });

  it('changes the frequency to one of those there are', async () => {
    cli.answer({ 'protection.change': () => job({ kind: 'change' }), 'job.wait': () => changed() });
    const { stdout } = await cli.run('protection', 'set', 'WEB01', '--frequency', '30');
    expect(cli.console.asked[0]?.params).toEqual({ vm: 'WEB01', frequencySeconds: 30 });
    expect(stdout).not.toContain('dropped');
    expect((await cli.run('protection', 'set', 'WEB01', '--frequency', '31')).exitCode).toBe(2);
  });
});

describe('job --restart', () => {
  it('does it again as a new job and follows that', async () => {
    cli.answer({
      'job.restart': () => job({ id: 18 }),
      'job.wait': () =>
        job({ id: 18, state: 'succeeded', result: cycle, endedAt: '2026-11-20T11:59:02.000Z' }),
    });
    const { exitCode, stdout } = await cli.run('job', '17', '--restart');
    expect(exitCode).toBe(0);
    expect(cli.console.asked.map(({ name, params }) => [name, params])).toEqual([
      ['job.restart', { id: 17 }],
      ['job.wait', { id: 18 }],
    ]);
    expect(stdout).toMatch(/Job +18/);
    expect(stdout).toContain('40.0 KB changed');
  });

  it('of a job that cannot be restarted says so, and goes with no --cancel', async () => {
    cli.answer({
      'job.restart': () => {
        throw new ReplicationError(
          'STATE_INVALID',
          'The job 17 of WEB01 cannot be restarted: it is running.',
        );
      },
    });
    const { exitCode, stderr } = await cli.run('job', '17', '--restart');
    expect(exitCode).toBe(1);
    expect(stderr).toContain('cannot be restarted');
    expect((await cli.run('job', '17', '--restart', '--cancel')).exitCode).toBe(2);
  });
});
