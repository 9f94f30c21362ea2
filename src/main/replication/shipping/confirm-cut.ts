import type { CutRecord } from '../../store/records.ts';
import type { ProtectedVm } from '../protected-vm.ts';

/**
 * The vault confirmed every byte of the cut: the base advances. While a disk is out to be resynchronized alone, what is
 * safe of the whole VM does not become newer with the others.
 */
export const confirmCut = (vm: ProtectedVm, { cut, takenAtMs, consistency }: CutRecord): void =>
  vm.update({
    committedCut: cut,
    committedConsistency: consistency,
    ...(vm.missesDisks ? {} : { lastSyncAtMs: takenAtMs }),
    shipment: null,
    direct: null,
  });

/** Likewise for disks that were resynchronized alone. What is on its way for the others stays on its way. */
export const confirmDisks = (vm: ProtectedVm, { cut }: Pick<CutRecord, 'cut'>): void =>
  vm.update({ committedCut: Math.max(cut, vm.record.committedCut), committedConsistency: 'fuzzy' });
