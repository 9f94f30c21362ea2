import { expect } from 'vitest';
import { type ErrorCode, errorCatalogue } from '../../src/contract/error-catalogue.ts';
import type { JobKind } from '../../src/contract/job-reports.ts';
import { minuteMs } from '../support/engine-site.ts';
import { type FaultSite, frequencySeconds, type Phase } from './fault-site.ts';

/** Something goes wrong until the answer is called. */
export type Fault = (at: FaultSite, phase: Phase) => () => void;

/** What a fault must come out as, wherever it happens. */
export interface Cell {
  readonly phase: Phase;
  readonly fault: Fault;
  readonly code: ErrorCode;
}

/** Minutes after the first attempt: 1, 2, 4, 8, 10 apart, then 30. */
const slotsMinutes = [1, 3, 7, 15, 25, 55, 85];

/**
 * Runs replication into a fault and out of it again: the error's class and code, the retry schedule, health with its
 * reason, the event, the alert, and a replica that ends identical.
 */
export const runCell = async (at: FaultSite, { phase, fault, code }: Cell): Promise<void> => {
  await makeReady(at, phase);
  const heal = fault(at, phase);
  const failed = at.event(({ level }) => level === 'error');
  const startedAtMs = await begin(at, phase);
  expect(await failed).toMatchObject({ code, vm: 'SRV1' });
  expect(await lastAttempt(at)).toMatchObject({
    what: whatOf[phase],
    outcome: 'failed',
    error: { code, class: errorCatalogue[code].class, vm: 'SRV1' },
  });
  if (errorCatalogue[code].class === 'recoverable') await climb(at, code, startedAtMs, heal);
  else await standStill(at, phase, code, heal);
  await expectWell(at);
};

const whatOf: Readonly<Record<Phase, JobKind>> = {
  initial: 'initial',
  delta: 'cycle',
  apply: 'cycle',
  resync: 'resync',
  prune: 'cycle',
};

const makeReady = async (at: FaultSite, phase: Phase): Promise<void> => {
  if (phase === 'initial') return at.unprotect();
  if (phase === 'resync') at.pool.injection = null;
  await at.write();
};

/** Lets the phase begin; when that was. */
const begin = async (at: FaultSite, phase: Phase): Promise<number> => {
  if (phase === 'initial') await at.protect();
  else if (phase === 'resync') await at.site.console.request('resync', { vm: 'SRV1' });
  else await at.clock.advanceTo(Date.parse((await at.status()).nextCycleAt ?? ''));
  return at.clock.now();
};

const retries = (at: FaultSite) => at.site.console.request('retries', { vm: 'SRV1' });

const lastAttempt = async (at: FaultSite) => (await retries(at)).past.at(-1);

const minutesAfter = (startMs: number, iso: string | undefined): number =>
  (Date.parse(iso ?? '') - startMs) / minuteMs;

/** A recoverable error: tried again at every moment of the schedule, and at none besides. */
const climb = async (
  at: FaultSite,
  code: ErrorCode,
  startedAtMs: number,
  heal: () => void,
): Promise<void> => {
  const { future, state } = await retries(at);
  expect(state).toBe('waiting');
  expect(future.map((each) => minutesAfter(startedAtMs, each.at)).slice(0, 7)).toEqual(slotsMinutes);
  for (const [index, minutes] of slotsMinutes.entries()) {
    const { retry, health, healthReasons } = await at.status();
    expect(retry).toMatchObject({ attempts: index + 1, lastError: { code } });
    expect(minutesAfter(startedAtMs, retry?.nextAttemptAt)).toBe(minutes);
    const kind = index < 5 ? 'retrying' : 'retriesExhausted';
    expect(healthReasons).toContainEqual(
      expect.objectContaining({ kind, code, text: expect.stringContaining(retry?.lastError.message ?? '?') }),
    );
    expect(health).toBe(index < 5 ? 'Warning' : 'Critical');
    if (index === 3)
      await at.passUntil((alerts) => alerts.some(({ cause }) => cause.startsWith('health')), 7);
    if (minutes === 55) break;
    const failed = at.event((event) => event.level === 'error');
    await at.clock.advanceTo(startedAtMs + minutes * minuteMs);
    expect(await failed).toMatchObject({ code });
  }
  await at.passUntil((alerts) => alerts.some(({ cause }) => cause === 'healthCritical'), 25);
  heal();
  const healed = at.event(({ text }) => text === 'Replication of SRV1 works again.');
  await at.clock.advanceTo(startedAtMs + 55 * minuteMs);
  await healed;
};

/** A non-recoverable error: nothing is tried until a person acts. */
const standStill = async (at: FaultSite, phase: Phase, code: ErrorCode, heal: () => void): Promise<void> => {
  const { health, healthReasons, retry } = await at.status();
  expect({ health, retry }).toEqual({ health: 'Critical', retry: null });
  expect(healthReasons).toContainEqual(expect.objectContaining({ kind: 'error', code }));
  const { past, ...stopped } = await retries(at);
  expect(stopped).toMatchObject({ state: 'stopped', future: [], lastError: { code } });
  await at.passUntil((alerts) => alerts.some(({ cause }) => cause === 'healthCritical'), 30);
  await at.clock.advance(2 * frequencySeconds * 1000);
  expect((await retries(at)).past).toHaveLength(past.length);
  heal();
  if (phase === 'resync') await at.site.resync();
  else if (phase !== 'initial') await at.site.sync();
  else {
    await at.site.console.request('retry.now', { vm: 'SRV1' });
    await at.event(({ text }) => text.startsWith('Initial replication of SRV1 is complete'));
  }
};

/** Everything is as if nothing had happened. */
const expectWell = async (at: FaultSite): Promise<void> => {
  await at.initialDone();
  await at.site.sync();
  await at.site.console.request('vm.statistics.reset', { vm: 'SRV1' });
  expect(await at.status()).toMatchObject({
    state: 'Replicating',
    health: 'Normal',
    healthReasons: [],
    retry: null,
    resync: null,
  });
  await at.passUntil((alerts) => alerts.length === 0, 30);
  expect(await at.site.verify()).toMatchObject({ identical: true });
};
