import { writeFileSync } from 'node:fs';
import type { VirtualDiskWriter } from '../../src/main/disk/virtual-disk.ts';
import { nodeFileOps, type VaultFileOps } from '../../src/main/vault/directory/file-ops.ts';
import { randomFrom } from './random.ts';

/** What becomes of the operation that the crash hits. */
export type CrashMode =
  /** The process is killed: what was written before stays, the operation is left half done. */
  | 'kill'
  /** The power fails: of what no flush made durable, each write survives or does not, at random. */
  | 'power';

const nameOf = (path: string): string => path.split(/[\\/]/).at(-1) ?? path;

class Crash extends Error {}

/** As they are without this: whoever puts these operations in their place must not meet itself. */
const real: VaultFileOps = { ...nodeFileOps };

/** File operations of a vault that stop at the n-th change of a file, and refuse everything from then on. */
export class CrashingFileOps {
  readonly ops: VaultFileOps;
  /** Names of the changes so far, e.g. `replica.write`. */
  readonly changes: string[] = [];
  readonly #crashAt: number;
  readonly #meet: (change: string, half: () => void) => void;
  readonly #mode: CrashMode;
  readonly #random: () => number;
  readonly #letGo: (() => void)[] = [];
  readonly #unflushed = new Map<VirtualDiskWriter, { offset: number; old: Uint8Array }[]>();
  #dead = false;

  /**
   * `crashAt` counts from 0; infinity never crashes.
   * @param meet told of each change before it is made, and how to make half of it; what it throws is the system's answer
   */
  constructor(
    crashAt: number,
    mode: CrashMode = 'kill',
    meet: (change: string, half: () => void) => void = () => {},
  ) {
    this.#crashAt = crashAt;
    this.#meet = meet;
    this.#mode = mode;
    this.#random = randomFrom(crashAt);
    this.ops = this.#wrapOps();
  }

  get crashed(): boolean {
    return this.#dead;
  }

  /** Closes what the dead process had open, as the system does. */
  dispose(): void {
    if (this.#mode === 'power' && this.#dead) {
      for (const [writer, writes] of this.#unflushed) {
        // Undone from the last to the first, as if they had never left the cache.
        for (const { offset, old } of writes.reverse()) if (this.#random() < 0.5) writer.write(old, offset);
      }
    }
    for (const letGo of this.#letGo) letGo();
  }

  /** Counts a change; `half` is what the crash leaves of it. */
  #change<T>(name: string, work: () => T, half: () => void = () => {}): T {
    if (this.#dead) throw new Crash('The process is dead.');
    this.changes.push(name);
    this.#meet(name, half);
    if (this.changes.length - 1 < this.#crashAt) return work();
    this.#dead = true;
    if (this.#mode === 'kill') half();
    throw new Crash(`Crashed in ${name}.`);
  }

  #reading<T>(work: () => T): T {
    if (this.#dead) throw new Crash('The process is dead.');
    return work();
  }

  #wrapOps(): VaultFileOps {
    return {
      readText: (path) => this.#reading(() => real.readText(path)),
      state: (path) => this.#reading(() => real.state(path)),
      list: (path) => this.#reading(() => real.list(path)),
      space: (path) => this.#reading(() => real.space(path)),
      makeDirectory: (path) => this.#change('makeDirectory', () => real.makeDirectory(path)),
      writeAtomically: (path, text) =>
        this.#change(
          `write ${nameOf(path)}`,
          () => real.writeAtomically(path, text),
          () => writeFileSync(`${path}.tmp`, text.slice(0, text.length / 2)),
        ),
      rename: (from, to) => this.#change('rename', () => real.rename(from, to)),
      remove: (path) => this.#change(`remove ${nameOf(path)}`, () => real.remove(path)),
      createReplica: (path, geometry) =>
        this.#change('replica.create', () => this.#wrapReplica(real.createReplica(path, geometry))),
      resumeReplica: (path) =>
        this.#change('replica.open', () => this.#wrapReplica(real.resumeReplica(path))),
      openReplica: (path) => this.#change('replica.open', () => this.#wrapReplica(real.openReplica(path))),
      createTable: (path, initial) =>
        this.#change('table.create', () => this.#wrap('table', real.createTable(path, initial))),
      openTable: (path, expected) =>
        this.#change('table.open', () => this.#wrap('table', real.openTable(path, expected))),
      createLog: (path, header) =>
        this.#change('log.create', () => this.#wrap('log', real.createLog(path, header))),
      resumeLog: (path, expected) =>
        this.#change('log.resume', () => this.#wrap('log', real.resumeLog(path, expected))),
      pacer: real.pacer,
    };
  }

  #wrapReplica(writer: VirtualDiskWriter): VirtualDiskWriter {
    this.#letGo.push(() => writer.abandon());
    const remember = (offset: number, length: number) => {
      const old = new Uint8Array(length);
      writer.read(old, offset);
      const writes = this.#unflushed.get(writer) ?? [];
      writes.push({ offset, old });
      this.#unflushed.set(writer, writes);
    };
    const flushed = async (work: Promise<void>) => {
      await work;
      this.#unflushed.delete(writer);
    };
    return {
      path: writer.path,
      sizeBytes: writer.sizeBytes,
      read: (target, offset) => this.#reading(() => writer.read(target, offset)),
      write: (data, offset) =>
        this.#change(
          'replica.write',
          () => {
            remember(offset, data.length);
            writer.write(data, offset);
          },
          () => writer.write(data.subarray(0, Math.floor(data.length / 1024) * 512), offset),
        ),
      zero: (offset, length) =>
        this.#change('replica.zero', () => {
          remember(offset, length);
          writer.zero(offset, length);
        }),
      flush: async () => this.#change('replica.flush', () => flushed(writer.flush())),
      close: async () => this.#change('replica.close', () => flushed(writer.close())),
      abandon: () => {
        // The power cut's undoing still needs the file; `dispose` closes it.
        if (!this.#dead) writer.abandon();
      },
    };
  }

  /** Counts every method that changes a log or a table. */
  #wrap<T extends { close(): void }>(kind: string, inner: T): T {
    this.#letGo.push(() => inner.close());
    const changing = new Set(['append', 'cut', 'sync', 'write', 'clear', 'flush', 'setHeader']);
    return new Proxy(inner, {
      get: (target, key) => {
        const value: unknown = Reflect.get(target, key, target);
        if (typeof value !== 'function') return value;
        const call = (...args: unknown[]): unknown => Reflect.apply(value, target, args);
        if (!changing.has(String(key))) return call;
        return (...args: unknown[]) => this.#change(`${kind}.${String(key)}`, () => call(...args));
      },
    });
  }
}
