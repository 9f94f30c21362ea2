import type { ErrorCode } from '../../contract/error-catalogue.ts';
import type { EnginePush } from '../../contract/events.ts';
import type { VmStatus } from '../../contract/reports.ts';
import type { Settings } from '../../contract/settings.ts';
import type { Clock } from '../platform/clock.ts';
import type { SecretStore } from '../platform/secret-store.ts';
import type { Store } from '../store/store.ts';
import type { Observation } from './observe-alerts.ts';

/** What the engine's other rooms give the alerts to work with. */
export interface AlertSources {
  readonly store: Store;
  readonly clock: Clock;
  readonly secrets: SecretStore;
  readonly settings: {
    get<S extends keyof Settings>(section: S): Settings[S];
    follow(section: keyof Settings, tell: () => void): () => void;
  };
  readonly events: {
    info(text: string): void;
    warning(text: string, subject?: { readonly code?: ErrorCode }): void;
  };
  readonly background: { run(what: string, work: () => Promise<unknown>): void };
  readonly push: (push: EnginePush) => void;
  /** Name of this machine. */
  readonly host: string;
  readonly version: string;
  /** How every protected VM is now. */
  readonly vms: () => Promise<readonly VmStatus[]>;
  /** How everything else stands that alerts are about. */
  readonly places: () => Promise<Observation>;
}
