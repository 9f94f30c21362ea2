import { describe, expect, it } from 'vitest';
import { azureVmName } from '../../../src/contract/prerequisites.ts';
import { checkLimits } from '../../../src/main/console/prerequisites-limits.ts';
import type { HostDisk, HostVm } from '../../../src/main/host/host.ts';

const gibibyte = 1024 ** 3;

const disk = (name: string, gigabytes: number, change: Partial<HostDisk> = {}): HostDisk => ({
  id: name,
  name,
  rootPath: `/vms/SRV/${name}`,
  path: `/vms/SRV/${name}`,
  format: 'vhdx',
  kind: 'dynamic',
  sizeBytes: gigabytes * gibibyte,
  logicalSectorBytes: 512,
  files: [`/vms/SRV/${name}`],
  isOperatingSystem: false,
  ...change,
});

const osDisk = (gigabytes: number) => disk('system.vhdx', gigabytes, { isOperatingSystem: true });

const vm = (change: Partial<HostVm> = {}): HostVm => ({
  id: 'srv',
  name: 'SRV',
  path: '/vms/SRV',
  generation: 2,
  disks: [],
  unreadable: [],
  problems: [],
  ...change,
});

const outcomes = (machine: HostVm, disks: readonly HostDisk[], kind: 'directory' | 'azure' = 'azure') =>
  checkLimits(machine, disks, kind)
    .filter(({ outcome }) => outcome !== 'pass')
    .map(({ name, outcome }) => `${name}: ${outcome}`);

describe('the limits of Azure', () => {
  it('are kept to at their edge and refused one byte beyond', () => {
    expect(outcomes(vm(), [osDisk(300), disk('data.vhdx', 4095)])).toEqual([]);
    expect(outcomes(vm({ generation: 1 }), [osDisk(2048)])).toEqual([]);
    const more = (edge: HostDisk) => ({ ...edge, sizeBytes: edge.sizeBytes + 1 });
    expect(outcomes(vm(), [more(osDisk(300))])).toEqual(['Azure: operating system disk: fail']);
    expect(outcomes(vm({ generation: 1 }), [more(osDisk(2048))])).toEqual([
      'Azure: operating system disk: fail',
    ]);
    expect(outcomes(vm(), [osDisk(30), more(disk('data.vhdx', 4095))])).toEqual(['Azure: data disks: fail']);
  });

  it('take sixteen data disks and exactly one that the VM starts from', () => {
    const data = (count: number) => Array.from({ length: count }, (_, index) => disk(`data${index}.vhdx`, 1));
    expect(outcomes(vm(), [osDisk(30), ...data(16)])).toEqual([]);
    expect(outcomes(vm(), [osDisk(30), ...data(17)])).toEqual(['Azure: data disks: fail']);
    expect(outcomes(vm(), data(1))).toEqual(['Azure: operating system disk: fail']);
    expect(outcomes(vm(), [osDisk(30), osDisk(30)])).toEqual(['Azure: operating system disk: fail']);
  });

  it('warn of a large system disk when the generation is unknown', () => {
    expect(outcomes(vm({ generation: null }), [osDisk(301)])).toEqual([
      'Azure: operating system disk: warning',
    ]);
  });

  it('refuse sectors of 4 KiB and disks beyond a page blob', () => {
    expect(outcomes(vm(), [{ ...osDisk(30), logicalSectorBytes: 4096 }])).toEqual([
      'Azure: sector size: fail',
    ]);
    expect(outcomes(vm(), [osDisk(30), disk('huge.vhdx', 8193)])).toEqual([
      'Disk sizes: fail',
      'Azure: data disks: fail',
    ]);
  });

  it('take names of 1–63 letters, digits and hyphens that begin and end with a letter or digit', () => {
    for (const name of ['a', 'WEB01', 'a-b', 'x'.repeat(63)]) expect(azureVmName.test(name)).toBe(true);
    for (const name of ['', '-a', 'a-', 'a b', 'a.b', 'a_b', 'é', 'x'.repeat(64), 'a\n'])
      expect(azureVmName.test(name)).toBe(false);
    const [check] = checkLimits(vm({ name: 'File server' }), [osDisk(30)], 'azure').filter(
      ({ outcome }) => outcome === 'fail',
    );
    expect(check).toMatchObject({
      fix: 'Rename the VM on its host.',
      error: { code: 'VM_NOT_FIT_FOR_AZURE' },
    });
  });

  it('do not bind a vault in a directory, which takes what VHDX can hold', () => {
    const machine = vm({ name: 'File server' });
    expect(outcomes(machine, [osDisk(9000), disk('data.vhdx', 60_000)], 'directory')).toEqual([]);
    expect(outcomes(machine, [osDisk(65_537)], 'directory')).toEqual(['Disk sizes: fail']);
  });
});
