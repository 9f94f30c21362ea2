import { copyFileSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { type Browser, type CDPSession, chromium, type Page } from '@playwright/test';
import { findBrowser } from '../../scripts/browser.ts';
import { outDirectory } from '../../scripts/product.ts';
import type { StatusReport, VmStatus } from '../../src/contract/reports.ts';
import { BrowserDoor } from '../../src/main/transport/websocket.ts';
import { hvrc, startAgent } from '../e2e/agent-process.ts';
import { compressedBytes, initialScripts } from '../support/initial-scripts.ts';
import { RecordingConsole } from '../support/recording-console.ts';
import type { BenchSite } from './bench-site.ts';
import { type BenchResult, median, run, seconds } from './measure.ts';

const vms = 60;
const disksPerVm = 4;
const watchedSeconds = 20;
const simulatedSeconds = 3600;
const simulatedStep = 15;
/** A page is pushed to at most so often in a second. */
const pushesPerSecond = 4;

const goal = (what: string, value: number, limit: number, unit: string): BenchResult => ({
  what,
  measured: `${value.toFixed(value < 10 ? 2 : 0)} ${unit}`,
  peer: null,
  ratio: null,
  goal: `≤ ${limit} ${unit}`,
  met: value <= limit,
});

/** 60 VMs of four tiny disks each, as a host folder. */
const makeHost = (directory: string): void => {
  mkdirSync(directory, { recursive: true });
  const disk = join(directory, 'tiny.vhdx');
  run('qemu-img', 'create', '-q', '-f', 'vhdx', disk, '16M');
  for (let vm = 1; vm <= vms; vm++) {
    const folder = join(directory, 'site', `VM${String(vm).padStart(2, '0')}`);
    mkdirSync(folder, { recursive: true });
    for (let index = 1; index <= disksPerVm; index++) copyFileSync(disk, join(folder, `disk${index}.vhdx`));
  }
};

/** From the start of the agent's process until all VMs are on the page, with a browser that is already there. */
const startUp = async (browser: Browser, dataDirectory: string): Promise<number> => {
  const page = await browser.newPage();
  let stop = async (): Promise<unknown> => undefined;
  const taken = await seconds(async () => {
    const agent = await startAgent(dataDirectory);
    stop = () => agent.stop();
    await page.goto(agent.link);
    await page
      .locator('tbody tr')
      .nth(vms - 1)
      .waitFor();
  });
  await page.close();
  await stop();
  return taken;
};

/** A VM in mid-copy at a moment of the stream. */
const statusAt = (vm: number, second: number): VmStatus => {
  const name = `VM${String(vm).padStart(2, '0')}`;
  const done = ((second * 84 + vm * 7) % 4096) * 2 ** 20;
  return {
    id: name,
    name,
    path: `/vms/${name}`,
    protected: true,
    state: 'Replicating',
    stateNumber: 3,
    health: vm % 20 === 0 ? 'Warning' : 'Normal',
    healthReasons:
      vm % 20 === 0 ? [{ kind: 'slow', text: 'Cycles take longer than planned.', sinceMs: 0 }] : [],
    vault: 'nas',
    frequencySeconds: 300,
    rpoSeconds: (second + vm) % 400,
    rpoLimitSeconds: 900,
    lastSyncAt: new Date(1_800_000_000_000 + second * 1000).toISOString(),
    nextCycleAt: null,
    paused: false,
    activity: 'Sending changes',
    retry: null,
    resync: null,
    lastCycle: null,
    disks: Array.from({ length: disksPerVm }, (_each, index) => ({
      id: `${name}-${index}`,
      name: `disk${index}.vhdx`,
      path: `/vms/${name}/disk${index}.vhdx`,
      format: 'vhdx' as const,
      sizeBytes: 2 ** 32,
      replica: null,
      excluded: false,
      hrl: {
        path: `/vms/${name}/disk${index}.vhdx.hrl`,
        bytes: (second * 2 ** 20) % 2 ** 31,
        thresholdBytes: 2 ** 31,
        thresholdAt: null,
        degraded: null,
      },
      progress: {
        phase: 'delta' as const,
        doneBytes: done,
        skippedBytes: 0,
        totalBytes: 2 ** 32,
        rateBytesPerSecond: 84 * 2 ** 20 + second,
        etaSeconds: 40 + (second % 20),
        resumedAt: null,
        blockedOn: null,
      },
      error: null,
    })),
  };
};

const statusesAt = (second: number): readonly VmStatus[] =>
  Array.from({ length: vms }, (_each, index) => statusAt(index + 1, second));

/** An engine that plays a site of 240 busy disks. */
const replayedEngine = (): RecordingConsole =>
  new RecordingConsole({
    status: (): StatusReport => ({
      host: null,
      engineRunning: true,
      hostHealth: { health: 'Normal', reasons: [] },
      nextWindowAt: null,
      vms: statusesAt(0),
    }),
    'host.show': () => ({ root: '/vms', vms, reachable: true, error: null }),
    'vm.list': () => [],
    'vault.list': () => [],
    jobs: () => [],
    events: () => [],
    'engine.info': () => null,
  });

const metric = async (cdp: CDPSession, name: string): Promise<number> => {
  const { metrics } = await cdp.send('Performance.getMetrics');
  return metrics.find((each) => each.name === name)?.value ?? Number.NaN;
};

/** Pushes what a second of the site brings, in as many parts as a page is pushed to. */
const pushPart = (engine: RecordingConsole, part: number): void => {
  const second = Math.floor(part / pushesPerSecond);
  for (let vm = 1 + (part % pushesPerSecond); vm <= vms; vm += pushesPerSecond)
    engine.push({ kind: 'status', status: statusAt(vm, second) });
};

const watchUpdates = async (
  page: Page,
  cdp: CDPSession,
  engine: RecordingConsole,
): Promise<{ readonly longest: number; readonly share: number }> => {
  await page.evaluate(() => {
    const tasks: number[] = [];
    Object.assign(globalThis, { benchTasks: tasks });
    new PerformanceObserver((list) =>
      tasks.push(...list.getEntries().map(({ duration }) => duration)),
    ).observe({
      type: 'longtask',
    });
  });
  const before = await metric(cdp, 'ThreadTime');
  const elapsed = await seconds(
    () =>
      new Promise<void>((resolve) => {
        let part = 0;
        const timer = setInterval(() => {
          pushPart(engine, part++);
          if (part < watchedSeconds * pushesPerSecond) return;
          clearInterval(timer);
          resolve();
        }, 1000 / pushesPerSecond);
      }),
  );
  const share = ((await metric(cdp, 'ThreadTime')) - before) / elapsed;
  const tasks = await page.evaluate(() => (globalThis as unknown as { benchTasks: number[] }).benchTasks);
  return { longest: Math.max(0, ...tasks), share };
};

/** The memory that an hour of updates leaves, played sixty times as fast and shown as often as a page is pushed to. */
const heapAfterHour = async (cdp: CDPSession, engine: RecordingConsole): Promise<number> => {
  for (let second = 0; second < simulatedSeconds; second += simulatedStep) {
    for (const status of statusesAt(second)) engine.push({ kind: 'status', status });
    engine.push({
      kind: 'event',
      event: {
        id: second + 1,
        at: new Date(1_800_000_000_000 + second * 1000).toISOString(),
        level: 'info',
        code: null,
        class: null,
        vmId: null,
        vm: 'VM01',
        disk: null,
        text: `Second ${second}`,
      },
    });
    await pause(1000 / pushesPerSecond);
  }
  await cdp.send('HeapProfiler.collectGarbage');
  return (await metric(cdp, 'JSHeapUsedSize')) / 2 ** 20;
};

const replayed = async (browser: Browser): Promise<readonly BenchResult[]> => {
  const engine = replayedEngine();
  const door = new BrowserDoor({
    client: engine,
    rendererDirectory: join(outDirectory, 'renderer'),
    port: 0,
  });
  await door.listen();
  try {
    const page = await browser.newPage();
    const cdp = await page.context().newCDPSession(page);
    await cdp.send('Performance.enable');
    await page.goto(door.newLink());
    await page
      .locator('tbody tr')
      .nth(vms - 1)
      .waitFor();
    const { longest, share } = await watchUpdates(page, cdp, engine);
    const heap = await heapAfterHour(cdp, engine);
    return [
      goal('240 disks updating every second: longest task', longest, 50, 'ms'),
      goal('240 disks updating every second: of one core', share * 100, 15, '%'),
      goal('page’s heap after an hour of updates', heap, 150, 'MB'),
    ];
  } finally {
    await door.close();
  }
};

/** The console's page: how soon it is there, and what it costs while much goes on. */
export const consoleBench = async (
  { directory }: BenchSite,
  rounds: number,
): Promise<readonly BenchResult[]> => {
  const executablePath = findBrowser();
  if (executablePath === undefined) throw new Error('There is no browser to show the console in.');
  const place = join(directory, 'console');
  makeHost(place);
  const data = join(place, 'data');
  await hvrc(data, 'host', 'use', join(place, 'site'));
  await hvrc(data, 'vault', 'add', 'local', join(place, 'vault'));
  const browser = await chromium.launch({
    executablePath,
    args: process.getuid?.() === 0 ? ['--no-sandbox'] : [],
  });
  try {
    const times: number[] = [];
    for (let round = 0; round < rounds; round++) times.push(await startUp(browser, data));
    const renderer = join(outDirectory, 'renderer');
    return [
      goal('console with 60 VMs, from process start to usable', median(times), 1.5, 's'),
      goal(
        'page’s first JavaScript, compressed',
        compressedBytes(renderer, initialScripts(renderer)) / 1024,
        300,
        'KB',
      ),
      ...(await replayed(browser)),
    ];
  } finally {
    await browser.close();
  }
};
