import type { ReplicationError } from '../../../contract/errors.ts';

/** What keeps the engine itself from going on with a VM: its database has no room, say. */
export interface Stumble {
  readonly error: ReplicationError;
  readonly sinceMs: number;
}

/** In memory alone: what cannot be written down must be told all the same. By VM id. */
export class Stumbles {
  private readonly known = new Map<string, Stumble>();

  note(vmId: string, error: ReplicationError, nowMs: number): void {
    this.known.set(vmId, { error, sinceMs: this.known.get(vmId)?.sinceMs ?? nowMs });
  }

  /** The VM's replication goes on; whether it had stumbled. */
  clear(vmId: string): boolean {
    return this.known.delete(vmId);
  }

  of(vmId: string): Stumble | null {
    return this.known.get(vmId) ?? null;
  }
}
