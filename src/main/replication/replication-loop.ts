import { ReplicationError } from '../../contract/errors.ts';
import type { EngineContext } from './engine-context.ts';

/** How long an idle loop sleeps at most before it looks at the clock again: a suspended machine misses timers. */
const longestWaitMs = 60_000;

type LoopContext = Pick<EngineContext, 'clock' | 'log' | 'stumbles' | 'statusChanged'>;

/** One turn: does what is due, or says how long there is nothing to do. */
export type Turn = (sleep: (ms: number) => Promise<void>) => Promise<void>;

/** Takes turns until it is stopped. */
export class ReplicationLoop {
  private readonly engine: LoopContext;
  private readonly vmId: string;
  private readonly turn: Turn;
  private poke = new AbortController();
  private running: Promise<void> | null = null;

  constructor(engine: LoopContext, vmId: string, turn: Turn) {
    this.engine = engine;
    this.vmId = vmId;
    this.turn = turn;
  }

  get isRunning(): boolean {
    return this.running !== null;
  }

  start(stopping: AbortSignal): void {
    this.running ??= this.run(stopping);
  }

  /** Ends the sleep, if it sleeps. */
  wake(): void {
    this.poke.abort();
    this.poke = new AbortController();
  }

  /** Resolves when the loop has ended, which aborting its signal makes it do. */
  async ended(): Promise<void> {
    await this.running;
    this.running = null;
  }

  private async run(stopping: AbortSignal): Promise<void> {
    const sleep = (ms: number) =>
      this.engine.clock.wait(Math.min(ms, longestWaitMs), AbortSignal.any([this.poke.signal, stopping]));
    while (!stopping.aborted) {
      try {
        await this.turn(sleep);
        if (this.engine.stumbles.clear(this.vmId)) this.engine.statusChanged(this.vmId);
      } catch (thrown) {
        // Not of the VM but of the engine itself (the store, say): replication must not end for good.
        this.stumbled(ReplicationError.from(thrown));
        await sleep(longestWaitMs);
      }
    }
  }

  private stumbled(error: ReplicationError): void {
    const { clock, log, stumbles, statusChanged } = this.engine;
    stumbles.note(this.vmId, error, clock.now());
    log.error({ vmId: this.vmId, report: error.toReport() }, `Replication stumbled: ${error.message}`);
    statusChanged(this.vmId);
  }
}
