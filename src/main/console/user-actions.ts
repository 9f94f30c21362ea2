import type { CheckedParams, RequestName } from '../../contract/requests.ts';
import type { EventSubject } from '../replication/reports/event-log.ts';
import type { ConsoleContext } from './console-context.ts';
import { namedBy } from './named-by.ts';

type Sayings = { readonly [N in RequestName]?: (params: CheckedParams<N>) => string };

/** Requests by which a person changes something and whose own work does not say so; in the words of the event. */
const sayings: Sayings = {
  'host.use': ({ path }) => `The folder ${path} was chosen as the host.`,
  sync: ({ vm }) => `A cycle of ${vm} was asked for by hand.`,
  resync: ({ vm }) => `A resynchronization of ${vm} was asked for by hand.`,
  verify: ({ vm }) => `A verification of ${vm} was asked for.`,
  restore: ({ vm, toDirectory }) => `${vm} is to be restored to ${toDirectory}.`,
  'retry.now': ({ vm }) => `An attempt at ${vm} was asked for at once.`,
  'job.cancel': ({ id }) => `The job ${id} was cancelled.`,
};

/** Writes down what a person asked for, once the engine has taken it on. */
export const noteUserAction = <N extends RequestName>(
  { events, store }: Pick<ConsoleContext, 'events' | 'store'>,
  name: N,
  params: CheckedParams<N>,
): void => {
  const say = sayings[name] as ((params: CheckedParams<N>) => string) | undefined;
  if (say === undefined) return;
  const subject = subjectOf(store, params);
  // Asked for by its id, the VM still has a name for whoever reads of it.
  events.info(say(subject.vm === undefined ? params : { ...params, vm: subject.vm }), subject);
};

const subjectOf = (store: ConsoleContext['store'], params: object): EventSubject => {
  const key = 'vm' in params && typeof params.vm === 'string' ? params.vm : undefined;
  if (key === undefined) return {};
  const [vm] = namedBy(key, store.protections.list(), ({ vmId, name }) => ({ id: vmId, name }));
  return vm === undefined ? {} : { vmId: vm.vmId, vm: vm.name };
};
