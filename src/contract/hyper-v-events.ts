/**
 * Events that Hyper-V itself writes into Microsoft-Windows-Hyper-V-VMMS-Admin in the cases of the catalogue, so that an
 * administrator finds the familiar number. Only ids whose text is published: 32022 and 32086 in Microsoft's "Hyper-V
 * replication is suspended at system shutdown", 32315 in descriptions of Replica's warnings, 33414 in the Hyper-V
 * management packs of System Center.
 */
export const hyperVEvents = {
  32022: 'Hyper-V could not replicate changes for a virtual machine.',
  32086: 'Hyper-V suspended replication of a virtual machine after a non-recoverable failure.',
  32315: 'Hyper-V failed to replicate changes of a virtual machine and will retry.',
  33414: 'A virtual machine has not been replicated for more than an hour.',
} as const;
export type HyperVEventId = keyof typeof hyperVEvents;

/** What Hyper-V writes for a failed cycle that it retries, and for one that it does not. */
export const retriedEvents = [32022, 32315] as const satisfies readonly HyperVEventId[];
export const suspendedEvents = [32022, 32086] as const satisfies readonly HyperVEventId[];
