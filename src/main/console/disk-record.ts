import type { HostDisk, HostVm, UnreadableDisk } from '../host/host.ts';
import type { ProtectedDiskRecord } from '../store/records.ts';

/** A disk that nothing is replicated of yet. */
export const diskRecord = (vm: HostVm, disk: HostDisk, excluded: boolean): ProtectedDiskRecord => ({
  vmId: vm.id,
  diskId: disk.id,
  name: disk.name,
  path: disk.path,
  rootPath: disk.rootPath,
  sizeBytes: disk.sizeBytes,
  sectorBytes: disk.logicalSectorBytes,
  format: disk.format,
  isOs: disk.isOperatingSystem,
  excluded,
  lineage: null,
  phase: 'pending',
  logBaseCut: 0,
  initialStamps: null,
  lastScan: null,
  hrl: { bytes: 0, degraded: null },
});

/** A disk that was left out because nothing of it can be read: it is shown with what its name says. */
export const unknownDisk = ({ id, name, path }: UnreadableDisk): HostDisk => ({
  id,
  name,
  path,
  rootPath: path,
  files: [path],
  format: /\.a?vhd$/i.test(name) ? 'vhd' : 'vhdx',
  kind: 'dynamic',
  sizeBytes: 0,
  logicalSectorBytes: 512,
  isOperatingSystem: false,
});
