import { dirname } from 'node:path';
import { type VolumeSpace, volumeSpace } from '../platform/volume.ts';
import type { ProtectedDiskRecord } from '../store/records.ts';

/** Asked again after this long, milliseconds. */
const freshMs = 45_000;
/** What was last known of a volume that does not answer says nothing after this long. */
const staleMs = 150_000;

interface Known {
  readonly space: VolumeSpace;
  readonly atMs: number;
}

/**
 * The room on the volumes of the protected disks, as last asked. Asking never holds anybody up: a network volume that is
 * gone may take minutes to say so.
 */
export class VolumeRoom {
  private readonly now: () => number;
  private readonly ask: (directory: string) => Promise<VolumeSpace>;
  private readonly known = new Map<string, Known>();
  private readonly asking = new Map<string, Promise<void>>();

  constructor(now: () => number, ask = volumeSpace) {
    this.now = now;
    this.ask = ask;
  }

  /** Of the volume on which a disk's logs lie; null while that is not known. Asks anew when it was long ago. */
  of({ rootPath }: Pick<ProtectedDiskRecord, 'rootPath'>): VolumeSpace | null {
    const directory = dirname(rootPath);
    const known = this.known.get(directory);
    const ageMs = known === undefined ? Number.POSITIVE_INFINITY : Math.abs(this.now() - known.atMs);
    if (ageMs > freshMs) void this.refresh(directory);
    return known !== undefined && ageMs <= staleMs ? known.space : null;
  }

  /** Asks at once; resolves when the volume has answered, or could not. */
  refresh(directory: string): Promise<void> {
    const running = this.asking.get(directory);
    if (running !== undefined) return running;
    const asked = this.note(directory).finally(() => this.asking.delete(directory));
    this.asking.set(directory, asked);
    return asked;
  }

  private async note(directory: string): Promise<void> {
    try {
      this.known.set(directory, { space: await this.ask(directory), atMs: this.now() });
    } catch {
      // A folder that is away is for replication's own attempts to report: here it is a gap.
      this.known.delete(directory);
    }
  }
}
