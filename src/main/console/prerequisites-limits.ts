import type { ErrorCode } from '../../contract/error-catalogue.ts';
import { azureVmName, type PrerequisiteCheck, prerequisiteLimits } from '../../contract/prerequisites.ts';
import type { HostDisk, HostVm } from '../host/host.ts';
import { failed, formatGigabytes, passed, warned } from './prerequisites-outcome.ts';

const limits = prerequisiteLimits;

/** What the formats and, for a vault in a storage account, Azure allow of a VM. Pure. */
export const checkLimits = (
  vm: HostVm,
  disks: readonly HostDisk[],
  vaultKind: 'directory' | 'azure',
): PrerequisiteCheck[] => {
  if (vaultKind === 'directory') return [diskSizes(vm, disks, limits.diskBytes.value)];
  return [
    diskSizes(vm, disks, limits.pageBlobBytes.value),
    vmName(vm),
    osDisk(vm, disks),
    dataDisks(vm, disks),
    sectorSize(vm, disks),
  ];
};

const of = (vm: HostVm, disk?: HostDisk) => ({ vm: vm.name, file: disk?.path });

const diskSizes = (vm: HostVm, disks: readonly HostDisk[], mostBytes: number): PrerequisiteCheck => {
  const name = 'Disk sizes';
  const large = disks.find(({ sizeBytes }) => sizeBytes > mostBytes);
  if (large !== undefined) {
    const detail = `${large.name} has ${formatGigabytes(large.sizeBytes)}; this vault takes up to ${formatGigabytes(mostBytes)}.`;
    return failed(
      name,
      'DISK_TOO_LARGE',
      detail,
      `Exclude ${large.name}, or choose another vault.`,
      of(vm, large),
    );
  }
  const sum = disks.reduce((bytes, { sizeBytes }) => bytes + sizeBytes, 0);
  return passed(
    name,
    `${formatGigabytes(sum)} together; a disk may have up to ${formatGigabytes(mostBytes)}.`,
  );
};

const vmName = (vm: HostVm): PrerequisiteCheck => {
  const name = 'Azure: name of the VM';
  if (azureVmName.test(vm.name)) return passed(name, vm.name);
  const rule = `1–${limits.nameLength.value} letters, digits and hyphens, a letter or digit at both ends`;
  return failed(
    name,
    'VM_NOT_FIT_FOR_AZURE',
    `Azure takes ${rule}; "${vm.name}" is none.`,
    'Rename the VM on its host.',
    of(vm),
  );
};

const osDisk = (vm: HostVm, disks: readonly HostDisk[]): PrerequisiteCheck => {
  const name = 'Azure: operating system disk';
  const found = disks.filter(({ isOperatingSystem }) => isOperatingSystem);
  const [disk] = found;
  if (disk === undefined || found.length !== limits.osDisks.value) {
    const names = found.map(({ name: file }) => file).join(', ') || 'none';
    return failed(
      name,
      'VM_NOT_FIT_FOR_AZURE',
      `Azure needs exactly one; found: ${names}.`,
      'Protect the VM with the one disk that it starts from.',
      of(vm),
    );
  }
  // A VM whose disk says nothing of its generation is taken for the larger limit, and told.
  const most = vm.generation === 2 ? limits.generation2OsDiskBytes : limits.generation1OsDiskBytes;
  const generation =
    vm.generation === null ? 'a VM of unknown generation' : `a generation ${vm.generation} VM`;
  const detail = `${disk.name} has ${formatGigabytes(disk.sizeBytes)}; Azure takes up to ${formatGigabytes(most.value)} for ${generation}.`;
  if (disk.sizeBytes > most.value) {
    return failed(
      name,
      'VM_NOT_FIT_FOR_AZURE',
      detail,
      `Shrink ${disk.name}, or choose a directory vault.`,
      of(vm, disk),
    );
  }
  return vm.generation === null && disk.sizeBytes > limits.generation2OsDiskBytes.value
    ? warned(
        name,
        `${detail} For generation 2 it would be too large.`,
        'Check the generation of the VM on its host.',
      )
    : passed(name, detail);
};

const dataDisks = (vm: HostVm, disks: readonly HostDisk[]): PrerequisiteCheck => {
  const name = 'Azure: data disks';
  const data = disks.filter(({ isOperatingSystem }) => !isOperatingSystem);
  const most = limits.dataDisks.value;
  const mostBytes = limits.dataDiskBytes.value;
  const code: ErrorCode = 'VM_NOT_FIT_FOR_AZURE';
  if (data.length > most) {
    const detail = `${data.length} data disks; Azure takes up to ${most}.`;
    return failed(name, code, detail, `Exclude ${data.length - most} of them, or join disks.`, of(vm));
  }
  const large = data.find(({ sizeBytes }) => sizeBytes > mostBytes);
  if (large !== undefined) {
    const detail = `${large.name} has ${formatGigabytes(large.sizeBytes)}; Azure takes up to ${formatGigabytes(mostBytes)}.`;
    return failed(name, code, detail, `Exclude ${large.name}, or shrink it.`, of(vm, large));
  }
  return passed(name, `${data.length} of up to ${most}, each up to ${formatGigabytes(mostBytes)}.`);
};

const sectorSize = (vm: HostVm, disks: readonly HostDisk[]): PrerequisiteCheck => {
  const name = 'Azure: sector size';
  const other = disks.find(
    ({ logicalSectorBytes }) => logicalSectorBytes !== limits.logicalSectorBytes.value,
  );
  if (other === undefined) return passed(name, `${limits.logicalSectorBytes.value} bytes`);
  return failed(
    name,
    'VM_NOT_FIT_FOR_AZURE',
    `${other.name} has sectors of ${other.logicalSectorBytes} bytes; Azure takes ${limits.logicalSectorBytes.value}.`,
    `Convert ${other.name} to 512-byte sectors (Set-VHD), or exclude it.`,
    of(vm, other),
  );
};
