import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';

/** A disk file that a process of its own keeps writing into. */
export class BusyDisk {
  private readonly child: ChildProcess;
  private readonly path: string;

  private constructor(path: string, child: ChildProcess) {
    this.path = path;
    this.child = child;
  }

  static async start(path: string, seed: number): Promise<BusyDisk> {
    const child = fork(join(import.meta.dirname, 'writer-child.ts'), [path, String(seed)]);
    await once(child, 'message');
    return new BusyDisk(path, child);
  }

  /** The guest shuts down: everything is written and the file is closed. */
  async quiesce(): Promise<void> {
    const exited = once(this.child, 'exit');
    this.child.send('stop');
    const [code] = await exited;
    if (code !== 0) throw new Error(`The writer of ${this.path} ended with code ${code}`);
  }
}
