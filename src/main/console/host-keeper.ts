import { z } from 'zod';
import { ReplicationError } from '../../contract/errors.ts';
import type { HostReport } from '../../contract/host-reports.ts';
import { openFolderHost } from '../host/folder/folder-host.ts';
import type { Host, HostVm } from '../host/host.ts';
import type { Clock } from '../platform/clock.ts';
import type { Setting } from '../store/settings.ts';
import type { Store } from '../store/store.ts';
import { namedBy } from './named-by.ts';

/** Which host was chosen. */
export const hostSetting: Setting<{ kind: 'folder'; root: string }> = {
  key: 'host',
  schema: z.object({ kind: z.literal('folder'), root: z.string() }),
};

/** The one host of this console: remembered in the store, opened when first needed. */
export class HostKeeper {
  private readonly store: Store;
  private readonly clock: Clock;
  private open: Host | null = null;

  constructor(store: Store, clock: Clock) {
    this.store = store;
    this.clock = clock;
  }

  get root(): string | null {
    return this.store.settings.get(hostSetting)?.root ?? null;
  }

  /** @throws HOST_NOT_SET */
  host(): Host {
    if (this.open !== null) return this.open;
    const setting = this.store.settings.get(hostSetting);
    if (setting === null) throw new ReplicationError('HOST_NOT_SET', 'No host has been chosen yet.');
    this.open = openFolderHost(setting.root, this.clock);
    return this.open;
  }

  /** @throws HOST_NOT_FOUND when the folder cannot be listed; then the host stays what it was */
  async use(root: string): Promise<HostReport> {
    const host = openFolderHost(root, this.clock);
    await host.listVms();
    this.store.settings.put(hostSetting, { kind: 'folder', root });
    this.open = host;
    return this.show();
  }

  /** Looks at every disk of the host once, so that the first who asks for its VMs need not wait for that. */
  async lookAhead(): Promise<void> {
    if (this.root === null) return;
    // Of a host that cannot be read `show` tells whoever asks.
    await this.host()
      .listVms()
      .catch(() => undefined);
  }

  async show(): Promise<HostReport> {
    const host = this.host();
    try {
      const vms = await host.listVms();
      return { kind: host.kind, root: host.root, reachable: true, vms: vms.length, error: null };
    } catch (error) {
      const report = ReplicationError.from(error, { file: host.root }).toReport();
      return { kind: host.kind, root: host.root, reachable: false, vms: 0, error: report };
    }
  }

  /** By id, or by name when only one VM has it; case counts only where names differ by it. @throws VM_NOT_FOUND, VM_AMBIGUOUS */
  async find(key: string): Promise<HostVm> {
    const vms = await this.host().listVms();
    const named = namedBy(key, vms, (vm) => vm);
    if (named.length > 1) {
      const ids = named.map(({ id }) => id).join(', ');
      throw new ReplicationError('VM_AMBIGUOUS', `${named.length} VMs are called ${key}: ${ids}.`, {
        vm: key,
      });
    }
    if (named[0] === undefined) {
      const known = vms.map(({ name }) => name).join(', ') || 'none';
      throw new ReplicationError(
        'VM_NOT_FOUND',
        `There is no VM "${key}" on the host; there are: ${known}.`,
        { vm: key },
      );
    }
    return named[0];
  }
}
