import type { CutRecord } from '../store/records.ts';
import type { ProtectedVm } from './protected-vm.ts';

/** The vault confirmed every byte of the cut: the base advances. */
export const confirmCut = (vm: ProtectedVm, { cut, takenAtMs, consistency }: CutRecord): void =>
  vm.update({
    committedCut: cut,
    committedConsistency: consistency,
    lastSyncAtMs: takenAtMs,
    shipment: null,
    direct: null,
  });
