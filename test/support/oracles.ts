import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';

/**
 * Independent programs that say whether we read and write disks right: `qemu-img` and `qemu-io` (qemu-utils), libvhdi
 * (python3-libvhdi). Where one is missing, its tests are skipped and the reason is printed; under CI that is an error.
 */
export type Oracle = 'qemu-img' | 'qemu-io' | 'libvhdi';

/** For `describe.skipIf`: true, said out loud, when one of these is not installed. */
export const oracleMissing = (...oracles: readonly Oracle[]): boolean => {
  const missing = oracles.filter((oracle) => !isInstalled(oracle));
  if (missing.length === 0) return false;
  const reason = `${missing.join(', ')} not installed (Debian: qemu-utils python3-libvhdi)`;
  if (process.env.CI) throw new Error(`These tests need their oracle: ${reason}`);
  console.warn(`skipping oracle tests: ${reason}`);
  return true;
};

const installed = new Map<Oracle, boolean>();

const isInstalled = (oracle: Oracle): boolean => {
  const known = installed.get(oracle);
  if (known !== undefined) return known;
  const result =
    oracle === 'libvhdi'
      ? spawnSync(python, ['-c', 'import pyvhdi'])
      : spawnSync(oracle, ['--version'], { stdio: 'ignore' });
  installed.set(oracle, result.status === 0);
  return result.status === 0;
};

/** The distribution's own interpreter: only that one sees the distribution's libvhdi. */
const python = existsSync('/usr/bin/python3') ? '/usr/bin/python3' : 'python3';

/** qemu's name of a format; a VHD must always be named, else qemu takes a fixed one for raw, footer included. */
export type QemuFormat = 'raw' | 'vpc' | 'vhdx';

export const qemuImg = (...args: readonly string[]): string =>
  execFileSync('qemu-img', args, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] });

/** `sizeBytes` is kept exactly (`force_size`), which qemu does not do for VHD by itself. */
export const qemuCreateVhd = (path: string, subformat: 'dynamic' | 'fixed', sizeBytes: number): void => {
  qemuImg('create', '-q', '-f', 'vpc', '-o', `subformat=${subformat},force_size=on`, path, String(sizeBytes));
};

/** Runs qemu-io commands such as `write -P 0x5a 64k 4k` on an image. */
export const qemuIo = (path: string, format: QemuFormat, ...commands: readonly string[]): void => {
  const args = ['-f', format, ...commands.flatMap((command) => ['-c', command]), path];
  const result = spawnSync('qemu-io', args, { encoding: 'utf8' });
  // qemu-io ends with 0 when a command of its fails, so what it printed is looked at too.
  if (result.status !== 0 || /failed|error/i.test(result.stdout + result.stderr)) {
    throw new Error(`qemu-io on ${path}: ${result.stdout}${result.stderr}`);
  }
};

export const qemuToRaw = (path: string, format: QemuFormat, rawPath: string): void => {
  qemuImg('convert', '-f', format, '-O', 'raw', path, rawPath);
};

/** Whether qemu sees the same bytes in both; where one is longer, the rest must be zeros. */
export const qemuIdentical = (a: string, aFormat: QemuFormat, b: string, bFormat: QemuFormat): boolean => {
  const result = spawnSync('qemu-img', ['compare', '-f', aFormat, '-F', bFormat, a, b], { encoding: 'utf8' });
  if (result.status === 0) return true;
  if (result.status === 1) return false;
  throw new Error(`qemu-img compare: ${result.stdout}${result.stderr}`);
};

/** Virtual size as qemu sees it. */
export const qemuSize = (path: string, format: QemuFormat): number => {
  const info: unknown = JSON.parse(qemuImg('info', '--output=json', '-f', format, path));
  if (typeof info === 'object' && info !== null && 'virtual-size' in info)
    return Number(info['virtual-size']);
  throw new Error(`qemu-img info said nothing of the size of ${path}`);
};

export interface LibvhdiDisk {
  readonly sizeBytes: number;
  /** Lower-case UUID. */
  readonly identifier: string;
  readonly parentIdentifier: string | null;
}

const libvhdiScript = `
import json, pyvhdi, sys
target, paths = sys.argv[1], sys.argv[2:]
files = []
for path in paths:
    file = pyvhdi.file()
    file.open(path)
    files.append(file)
for child, parent in zip(files, files[1:]):
    child.set_parent(parent)
tip = files[0]
size = tip.get_media_size()
with open(target, 'wb') as out:
    at = 0
    while at < size:
        data = tip.read_buffer_at_offset(min(1 << 20, size - at), at)
        if data.count(0) != len(data):
            out.seek(at)
            out.write(data)
        at += len(data)
    out.truncate(size)
parent = tip.get_parent_identifier()
print(json.dumps({'sizeBytes': size, 'identifier': str(tip.get_identifier()).lower(), 'parentIdentifier': str(parent).lower() if parent else None}))
`;

/**
 * Reads a chain (tip first) with libvhdi into a raw image. The only oracle that reads differencing disks.
 *
 * Its 20210425 takes all sectors after the first present one of a VHD bitmap's *byte* for present too, against the
 * specification: give it bitmaps whose bytes are 0…01…1 (whole 4 KiB pages, say).
 */
export const libvhdiToRaw = (chain: readonly string[], rawPath: string): LibvhdiDisk => {
  const output = execFileSync(python, ['-c', libvhdiScript, rawPath, ...chain], { encoding: 'utf8' });
  return JSON.parse(output) as LibvhdiDisk;
};
