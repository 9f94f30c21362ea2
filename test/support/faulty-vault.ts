import type {
  DeltaWriter,
  InitialReplica,
  ReplicaContent,
  ReplicaVault,
  VmReplica,
  VmReplicaReader,
} from '../../src/main/vault/replica-vault.ts';

type MethodsOf<Prefix extends string, T> = `${Prefix}.${Extract<keyof T, string>}`;

/** A method of a vault or of what it opens, e.g. `vault.saveVm`, `replica.commit`, `delta.put`. */
export type VaultMethod =
  | MethodsOf<'vault', ReplicaVault>
  | MethodsOf<'replica', VmReplica>
  | MethodsOf<'content', ReplicaContent>
  | MethodsOf<'initial', InitialReplica>
  | MethodsOf<'delta', DeltaWriter>;

/** Throws `error` in the `call`-th call of `method`, counted from 1. */
export interface ScriptedFault {
  readonly method: VaultMethod;
  readonly call: number;
  readonly error: Error;
  /** `after`: the call has its whole effect, only its answer is lost, as when a network fails. */
  readonly when: 'before' | 'after';
}

/** Wraps any vault so that scripted calls fail; without a script it is the vault itself. */
export class FaultyVault {
  readonly vault: ReplicaVault;
  /** Every call so far, in order. */
  readonly calls: VaultMethod[] = [];
  readonly #faults: ScriptedFault[];
  readonly #counts = new Map<VaultMethod, number>();

  constructor(vault: ReplicaVault, faults: readonly ScriptedFault[] = []) {
    this.#faults = [...faults];
    this.vault = this.#wrap('vault', vault);
  }

  /** Faults that have not happened. */
  get pending(): readonly ScriptedFault[] {
    return this.#faults;
  }

  #wrap<T extends object>(prefix: string, target: T): T {
    return new Proxy(target, {
      get: (inner, key) => {
        const value: unknown = Reflect.get(inner, key, inner);
        if (typeof value !== 'function') return value;
        // Sequences are not answers: the call fails where the first of them is asked for.
        if (key === 'extents')
          return (...args: unknown[]) => this.#sequence(() => Reflect.apply(value, inner, args));
        return (...args: unknown[]) =>
          this.#call(`${prefix}.${String(key)}` as VaultMethod, () => Reflect.apply(value, inner, args));
      },
    });
  }

  async *#sequence(begin: () => unknown): AsyncGenerator<unknown> {
    yield* (await this.#call('content.extents', begin)) as AsyncIterable<unknown>;
  }

  async #call(method: VaultMethod, work: () => unknown): Promise<unknown> {
    const call = (this.#counts.get(method) ?? 0) + 1;
    this.#counts.set(method, call);
    this.calls.push(method);
    const at = this.#faults.findIndex((fault) => fault.method === method && fault.call === call);
    const fault = at < 0 ? undefined : this.#faults.splice(at, 1)[0];
    if (fault?.when === 'before') throw fault.error;
    const result = await work();
    if (fault !== undefined) throw fault.error;
    return this.#wrapResult(method, result);
  }

  #wrapResult(method: VaultMethod, result: unknown): unknown {
    switch (method) {
      case 'vault.openVm':
        return this.#wrap('replica', result as VmReplica);
      case 'vault.readVm':
        return this.#wrap('replica', result as VmReplicaReader);
      case 'replica.openDisk':
      case 'replica.openBaseline':
        return result === null ? null : this.#wrap('content', result as ReplicaContent);
      case 'replica.beginInitial':
        return this.#wrap('initial', result as InitialReplica);
      case 'replica.beginDelta':
        return this.#wrap('delta', result as DeltaWriter);
      default:
        return result;
    }
  }
}
