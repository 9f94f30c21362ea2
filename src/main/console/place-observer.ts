import { dirname } from 'node:path';
import type { AlertFamily } from '../../contract/alerts.ts';
import type { AlertMeasure, Observation } from '../alerts/observe-alerts.ts';
import { signatureMeasure } from '../alerts/place-measures.ts';
import { VolumeWatch } from '../alerts/volume-watch.ts';
import type { Clock } from '../platform/clock.ts';
import type { Store } from '../store/store.ts';
import { expiryOf } from '../vault/azure/sign-in-report.ts';
import type { VaultKeeper } from './vault-keeper.ts';

interface PlaceContext {
  readonly store: Store;
  readonly clock: Clock;
  readonly vaults: VaultKeeper;
  readonly dataDirectory: string;
}

/** How the volumes and the vaults' sign-ins stand that replication needs. */
export class PlaceObserver {
  readonly #context: PlaceContext;
  readonly #volumes = new VolumeWatch();

  constructor(context: PlaceContext) {
    this.#context = context;
  }

  async look(): Promise<Observation> {
    const { measures, isComplete } = await this.#volumes.look(this.#directories());
    const uncertain: readonly AlertFamily[] = isComplete ? [] : ['volume'];
    return { measures: [...measures, ...this.#signatures()], uncertain };
  }

  /** Where logs, replicas and the engine's own state are written. */
  #directories(): readonly string[] {
    const { store, dataDirectory } = this.#context;
    const disks = store.protectedDisks.list().filter(({ excluded }) => !excluded);
    const vaults = store.vaults.list().filter(({ kind }) => kind === 'directory');
    const directories = [
      dataDirectory,
      ...disks.map(({ rootPath }) => dirname(rootPath)),
      ...vaults.map(({ target }) => target),
    ];
    return [...new Set(directories)];
  }

  #signatures(): readonly AlertMeasure[] {
    const { store, vaults, clock } = this.#context;
    return store.vaults.list().flatMap(({ name }) => {
      const { access } = vaults.spec(name);
      const endsAtMs = access === undefined ? null : expiryOf(access);
      return endsAtMs === null ? [] : [signatureMeasure(name, endsAtMs, clock.now())];
    });
  }
}
