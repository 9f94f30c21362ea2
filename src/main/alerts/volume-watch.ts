import { type VolumeSpace, volumeSpace } from '../platform/volume.ts';
import type { AlertMeasure } from './observe-alerts.ts';
import { volumeMeasure } from './place-measures.ts';

/** A share that does not answer can hold a call for minutes; nothing else waits for it. */
const patienceMs = 5000;

/** Looks at the room on volumes, each once, however many directories are on it. */
export class VolumeWatch {
  readonly #space: (directory: string) => Promise<VolumeSpace>;
  /** Calls that are not answered yet: a dead share is not asked again and again. */
  readonly #asked = new Map<string, Promise<VolumeSpace | null>>();

  constructor(space: (directory: string) => Promise<VolumeSpace> = volumeSpace) {
    this.#space = space;
  }

  /** `isComplete` says whether every directory's volume could be asked. */
  async look(
    directories: readonly string[],
  ): Promise<{ readonly measures: readonly AlertMeasure[]; readonly isComplete: boolean }> {
    const patience = patienceOver();
    const spaces = await Promise.all(
      directories.map((directory) => Promise.race([this.#ask(directory), patience.over])),
    );
    patience.end();
    const known = spaces.filter((space) => space !== null);
    const volumes = new Map(known.map((space) => [space.mount, space]));
    return {
      measures: [...volumes.values()].map(volumeMeasure),
      isComplete: known.length === spaces.length,
    };
  }

  #ask(directory: string): Promise<VolumeSpace | null> {
    const asked =
      this.#asked.get(directory) ??
      this.#space(directory)
        // That a disk or a vault is away is told by the health of its VMs.
        .catch(() => null)
        .finally(() => this.#asked.delete(directory));
    this.#asked.set(directory, asked);
    return asked;
  }
}

const patienceOver = () => {
  const { promise: over, resolve } = Promise.withResolvers<null>();
  const timer = setTimeout(resolve, patienceMs, null);
  return { over, end: () => clearTimeout(timer) };
};
