/**
 * Programs of other people that the tests check us against. A machine without one skips the tests that need it and
 * says so; on a build machine (`CI` set) that is a failure.
 */
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { findBrowser } from './browser.ts';

interface TestTool {
  readonly name: string;
  /** One or more, with blanks between. */
  readonly debianPackage: string;
  readonly skipped: string;
  /** Missing on a build machine too: the test that wants it needs more than a package (a mount). */
  readonly optional?: boolean;
  isPresent(): boolean;
}

const runs = (command: string, ...args: string[]) =>
  spawnSync(command, args, { stdio: 'ignore' }).status === 0;

const tools: readonly TestTool[] = [
  {
    name: 'qemu-img and qemu-io',
    debianPackage: 'qemu-utils',
    skipped: 'comparisons of disks with QEMU',
    isPresent: () => runs('qemu-img', '--version') && runs('qemu-io', '--version'),
  },
  {
    name: 'libvhdi for Python',
    debianPackage: 'python3-libvhdi',
    skipped: 'comparisons of differencing chains with libvhdi',
    isPresent: () => ['/usr/bin/python3', 'python3'].some((python) => runs(python, '-c', 'import pyvhdi')),
  },
  {
    name: 'mkfs.xfs',
    debianPackage: 'xfsprogs',
    skipped: 'freezing disks by reflink on XFS',
    optional: true,
    isPresent: () => runs('mkfs.xfs', '-V'),
  },
  {
    name: 'fsck.vfat and mtools',
    debianPackage: 'dosfstools mtools',
    skipped: 'checks of the sample disks’ file systems by other programs',
    isPresent: () => runs('fsck.vfat', '--help') && runs('mdir', '-V'),
  },
  {
    name: 'Chrome, Edge or Chromium',
    debianPackage: 'chromium',
    skipped: 'end-to-end tests in a browser',
    isPresent: () => findBrowser() !== undefined,
  },
];

const canInstall = () => process.getuid?.() === 0 && existsSync('/usr/bin/apt-get');

const aptGet = (...args: string[]) =>
  spawnSync('apt-get', ['-q', '-o', 'DPkg::Lock::Timeout=120', ...args], {
    stdio: ['ignore', 'ignore', 'inherit'],
    env: { ...process.env, DEBIAN_FRONTEND: 'noninteractive' },
  });

/** One by one: a package that the distribution does not have must not keep the others out. */
const install = (missing: readonly TestTool[]): void => {
  aptGet('update');
  for (const { debianPackage, name } of missing) {
    console.log(`Installing ${debianPackage}, for ${name} …`);
    aptGet('install', '-y', '--no-install-recommends', ...debianPackage.split(' '));
  }
};

/**
 * Finds the tools, installing them where this machine lets us, and says what the tests will skip; each test looks for its
 * own tool itself.
 * @returns the names of tools that had to be there and are not
 */
export const prepareTestTools = (): readonly string[] => {
  const absent = tools.filter((tool) => !tool.isPresent());
  if (absent.length > 0 && canInstall()) install(absent);
  const missing = absent.filter((tool) => !tool.isPresent());
  for (const { name, debianPackage, skipped } of missing) {
    console.log(`Skipped, for want of ${name} (package ${debianPackage}): ${skipped}.`);
  }
  return missing.filter(({ optional }) => optional !== true).map(({ name }) => name);
};
