import { afterEach, describe, expect, it } from 'vitest';
import type { EnginePush } from '../../../src/contract/events.ts';
import { LastingEngine } from '../../../src/main/doors/lasting-engine.ts';
import { type LocalEngine, openEngine } from '../../../src/main/transport/connect.ts';
import { RecordingConsole } from '../../support/recording-console.ts';
import { temporaryFolder } from '../../support/temporary-folder.ts';

const folder = temporaryFolder();
let lasting: LastingEngine | undefined;
let other: LocalEngine | undefined;

afterEach(async () => {
  await lasting?.close();
  await other?.stop();
  lasting = undefined;
  other = undefined;
});

const optionsFor = (console: RecordingConsole) => ({
  dataDirectory: folder('data'),
  workersDirectory: folder(),
  openConsole: () => Promise.resolve(console),
});

describe('the engine of a door', () => {
  it('is this process where no other one runs, and begins replication', async () => {
    const ours = new RecordingConsole({ 'vm.list': () => ['ours'] });
    lasting = await LastingEngine.open(optionsFor(ours));
    expect(lasting.isOurs).toBe(true);
    expect(ours.started).toBe(1);
    expect(await lasting.request('vm.list', {})).toEqual(['ours']);
    await lasting.close();
    expect(ours.stopped).toBeGreaterThan(0);
  });

  it('is the one that runs already, whose pushes are heard', async () => {
    const theirs = new RecordingConsole({ 'vm.list': () => ['theirs'] });
    other = await openEngine(optionsFor(theirs));
    const ours = new RecordingConsole();
    lasting = await LastingEngine.open(optionsFor(ours));
    const heard = new Promise<EnginePush>((resolve) => lasting?.subscribe(resolve));
    expect(lasting.isOurs).toBe(false);
    expect(await lasting.request('vm.list', {})).toEqual(['theirs']);
    theirs.push({ kind: 'unprotected', vmId: 'a' });
    expect(await heard).toEqual({ kind: 'unprotected', vmId: 'a' });
    expect(ours.started).toBe(0);
  });

  it('becomes this process when the other one ends, and tells', async () => {
    other = await openEngine(optionsFor(new RecordingConsole()));
    const ours = new RecordingConsole({ 'vm.list': () => ['ours'] });
    lasting = await LastingEngine.open(optionsFor(ours));
    const replaced = new Promise<void>((resolve) => lasting?.onReplaced(resolve));
    const heard = new Promise<EnginePush>((resolve) => lasting?.subscribe(resolve));
    await other.stop();
    await replaced;
    expect(lasting.isOurs).toBe(true);
    expect(ours.started).toBe(1);
    expect(await lasting.request('vm.list', {})).toEqual(['ours']);
    ours.push({ kind: 'unprotected', vmId: 'b' });
    expect(await heard).toEqual({ kind: 'unprotected', vmId: 'b' });
  });

  it('tells its door when somebody asked it to stop', async () => {
    lasting = await LastingEngine.open(optionsFor(new RecordingConsole()));
    expect(await lasting.request('engine.stop', {})).toEqual({ stopping: true });
    await expect(lasting.stopped).resolves.toBeUndefined();
  });

  it('leaves the other engine running when the door closes', async () => {
    const theirs = new RecordingConsole();
    other = await openEngine(optionsFor(theirs));
    lasting = await LastingEngine.open(optionsFor(new RecordingConsole()));
    await lasting.close();
    expect(theirs.stopped).toBe(0);
  });
});
