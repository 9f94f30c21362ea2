import type { Progress } from '../../../contract/reports.ts';
import type { Clock } from '../../platform/clock.ts';
import type { PassProgress } from '../../workers/protocol.ts';
import { RateMeter } from './rate-meter.ts';

interface Entry {
  readonly meter: RateMeter;
  readonly phase: PassProgress['phase'];
  pass: PassProgress;
}

/** Phases that write to a vault. */
const writing: ReadonlySet<PassProgress['phase']> = new Set(['initial', 'delta', 'resync']);

/** What each disk of one VM is busy with, with windowed rates. */
export class ProgressBoard {
  private readonly entries = new Map<string, Entry>();
  private readonly clock: Clock;
  private readonly changed: () => void;

  private readonly heldBy: () => string | null;

  /** @param heldBy what writes to vaults wait for now, in words for people */
  constructor(clock: Clock, changed: () => void, heldBy: () => string | null) {
    this.clock = clock;
    this.heldBy = heldBy;
    this.changed = changed;
  }

  note(pass: PassProgress): void {
    let entry = this.entries.get(pass.diskId);
    if (entry === undefined || entry.phase !== pass.phase) {
      entry = { meter: new RateMeter(), phase: pass.phase, pass };
      this.entries.set(pass.diskId, entry);
    }
    entry.pass = pass;
    entry.meter.add(this.clock.now(), pass.doneBytes - pass.skippedBytes);
    this.changed();
  }

  clear(): void {
    if (this.entries.size === 0) return;
    this.entries.clear();
    this.changed();
  }

  of(diskId: string): Progress | null {
    const entry = this.entries.get(diskId);
    if (entry === undefined) return null;
    const { pass, meter } = entry;
    const moved = pass.doneBytes - pass.skippedBytes;
    return {
      phase: pass.phase,
      doneBytes: moved,
      skippedBytes: pass.skippedBytes,
      totalBytes: pass.totalBytes,
      rateBytesPerSecond: meter.rate(),
      etaSeconds: meter.eta(pass.totalBytes - pass.doneBytes),
      resumedAt: pass.resumedAtBytes === null ? null : pass.resumedAtBytes / pass.totalBytes,
      blockedOn: writing.has(pass.phase) ? this.heldBy() : null,
    };
  }
}
