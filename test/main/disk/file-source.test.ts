import { chmodSync, mkdirSync, symlinkSync, truncateSync, writeFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { diskErrorFrom } from '../../../src/main/disk/disk-error.ts';
import { FileSource } from '../../../src/main/disk/file-source.ts';
import { temporaryFolder } from '../../support/temporary-folder.ts';

const inFolder = temporaryFolder();

const systemError = (code: string): Error => Object.assign(new Error(code), { code });

describe('a disk file as a byte source', () => {
  it('fills any range from any offset', () => {
    const path = inFolder('a.bin');
    const content = Buffer.from(Array.from({ length: 5000 }, (_, index) => index % 251));
    writeFileSync(path, content);
    const source = new FileSource(path);
    const target = new Uint8Array(1234);
    source.read(target, 777);
    expect(Buffer.from(target).equals(content.subarray(777, 777 + 1234))).toBe(true);
    expect(source.sizeBytes).toBe(5000);
    source.close();
    source.close();
  });

  it('says where a file ends that is read beyond its end', () => {
    const path = inFolder('short.bin');
    writeFileSync(path, Buffer.alloc(100));
    const source = new FileSource(path);
    expect(() => source.read(new Uint8Array(64), 64)).toThrow(
      expect.objectContaining({ code: 'DISK_TRUNCATED', file: path, offset: 100 }),
    );
    source.close();
  });

  it('reads what was appended after it was opened', () => {
    const path = inFolder('growing.bin');
    writeFileSync(path, Buffer.alloc(100));
    const source = new FileSource(path);
    truncateSync(path, 4096);
    expect(() => source.read(new Uint8Array(96), 4000)).not.toThrow();
    source.close();
  });

  it('names a missing file', () => {
    expect(() => new FileSource(inFolder('none.vhd'))).toThrow(
      expect.objectContaining({ code: 'DISK_NOT_FOUND', file: inFolder('none.vhd') }),
    );
  });

  it('refuses a folder instead of failing at the first read', () => {
    mkdirSync(inFolder('folder.vhd'));
    expect(() => new FileSource(inFolder('folder.vhd'))).toThrow(
      expect.objectContaining({ code: 'DISK_FORMAT_UNKNOWN' }),
    );
  });

  it.skipIf(process.platform === 'win32')('gives one id to two paths of one file', () => {
    writeFileSync(inFolder('a.bin'), 'x');
    symlinkSync(inFolder('a.bin'), inFolder('b.bin'));
    const [a, b] = [new FileSource(inFolder('a.bin')), new FileSource(inFolder('b.bin'))];
    expect(a.fileId).toBe(b.fileId);
    a.close();
    b.close();
  });

  it.skipIf(process.platform === 'win32')('says when the account may not read', () => {
    writeFileSync(inFolder('secret.vhd'), 'x');
    chmodSync(inFolder('secret.vhd'), 0);
    // Root may read everything: as root the test goes on as an account that has no rights at all.
    const isRoot = process.getuid?.() === 0;
    if (isRoot) process.seteuid?.(65_534);
    try {
      expect(() => new FileSource(inFolder('secret.vhd'))).toThrow(
        expect.objectContaining({ code: 'DISK_ACCESS_DENIED' }),
      );
    } finally {
      if (isRoot) process.seteuid?.(0);
    }
  });
});

describe('a failed system call on a disk file', () => {
  it.each([
    ['ENOENT', 'open', 'DISK_NOT_FOUND'],
    ['EBUSY', 'open', 'DISK_LOCKED'],
    ['ETXTBSY', 'open', 'DISK_LOCKED'],
    ['EACCES', 'open', 'DISK_ACCESS_DENIED'],
    ['EIO', 'read', 'DISK_READ_FAILED'],
    ['EIO', 'write', 'DISK_WRITE_FAILED'],
    ['ENOSPC', 'write', 'VOLUME_LOW_SPACE'],
    ['EEXIST', 'open', 'DISK_TARGET_EXISTS'],
  ] as const)('%s on %s becomes %s and keeps its cause', (errno, action, code) => {
    const cause = systemError(errno);
    expect(diskErrorFrom(cause, 'x.vhd', action, 7)).toMatchObject({ code, file: 'x.vhd', offset: 7, cause });
  });

  it('EPERM is a lock on Windows and a right elsewhere', () => {
    const expected = process.platform === 'win32' ? 'DISK_LOCKED' : 'DISK_ACCESS_DENIED';
    expect(diskErrorFrom(systemError('EPERM'), 'x.vhd', 'open').code).toBe(expected);
  });
});
