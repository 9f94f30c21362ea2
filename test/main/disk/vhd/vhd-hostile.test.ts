import { randomUUID } from 'node:crypto';
import { closeSync, ftruncateSync, openSync, truncateSync, writeFileSync, writeSync } from 'node:fs';
import { beforeEach, describe, expect, it } from 'vitest';
import { openDiskLayer, openVirtualDisk } from '../../../../src/main/disk/open-disk.ts';
import { type DynamicHeader, encodeDynamicHeader } from '../../../../src/main/disk/vhd/dynamic-header.ts';
import { encodeFooter, type VhdFooter } from '../../../../src/main/disk/vhd/footer.ts';
import { newFooter } from '../../../../src/main/disk/vhd/new-footer.ts';
import { writeDifferencingVhd } from '../../../support/differencing-vhd.ts';
import { temporaryFolder } from '../../../support/temporary-folder.ts';

const mib = 1024 * 1024;
const inFolder = temporaryFolder();

interface Hostile {
  readonly footer?: Partial<VhdFooter>;
  readonly header?: Partial<DynamicHeader>;
  readonly table?: readonly number[];
  /** The file ends here, in a hole. */
  readonly fileBytes?: number;
}

/** A dynamic VHD of 8 MiB in 2 MiB blocks that lies as told. */
const writeHostile = (path: string, lies: Hostile): void => {
  const footer = encodeFooter({ ...newFooter('dynamic', 512, { sizeBytes: 8 * mib }), ...lies.footer });
  const header = encodeDynamicHeader({
    tableOffset: 1536,
    tableEntries: 4,
    blockBytes: 2 * mib,
    parentUniqueId: '00000000-0000-0000-0000-000000000000',
    parentTimestamp: 0,
    parentName: '',
    locators: [],
    ...lies.header,
  });
  const table = Buffer.alloc(512, 0xff);
  for (const [index, entry] of (lies.table ?? []).entries()) table.writeUInt32BE(entry, index * 4);
  const handle = openSync(path, 'w');
  writeSync(handle, footer, 0, 512, 0);
  writeSync(handle, header, 0, 1024, 512);
  writeSync(handle, table, 0, 512, 1536);
  ftruncateSync(handle, lies.fileBytes ?? 9 * mib);
  closeSync(handle);
};

describe('a VHD that lies is refused by name, at once', () => {
  let startMs = 0;
  let startRss = 0;
  beforeEach(() => {
    startMs = performance.now();
    startRss = process.memoryUsage.rss();
  });

  const expectRefusal = (lies: Hostile, code: string, message: RegExp): void => {
    const path = inFolder('hostile.vhd');
    writeHostile(path, lies);
    expect(() => openDiskLayer(path)).toThrow(expect.objectContaining({ code, file: path }));
    expect(() => openDiskLayer(path)).toThrow(message);
    expect(performance.now() - startMs).toBeLessThan(2000);
    expect(process.memoryUsage.rss() - startRss).toBeLessThan(100 * mib);
  };

  it('two blocks in one place', () => {
    expectRefusal({ table: [4, 4] }, 'DISK_CORRUPT', /over each other/);
  });

  it('two blocks that overlap by a sector', () => {
    expectRefusal({ table: [4, 4 + 4096] }, 'DISK_CORRUPT', /over each other/);
  });

  it('blocks back to back are no lie', () => {
    writeHostile(inFolder('honest.vhd'), { table: [4 + 4097, 4] });
    const disk = openVirtualDisk(inFolder('honest.vhd'));
    expect(disk.sizeBytes).toBe(8 * mib);
    disk.close();
  });

  it('a block over the footer’s copy, and one over the table', () => {
    expectRefusal({ table: [0] }, 'DISK_CORRUPT', /over the disk's own tables/);
    expectRefusal({ table: [3] }, 'DISK_CORRUPT', /over the disk's own tables/);
  });

  it('a block beyond the end of the file', () => {
    expectRefusal({ table: [4, 0xffff_fffe] }, 'DISK_TRUNCATED', /block 1 ends at byte/);
  });

  it('a table too small for the size', () => {
    expectRefusal({ header: { tableEntries: 3 } }, 'DISK_CORRUPT', /needs 4 blocks/);
  });

  it('a table beyond the end of the file', () => {
    expectRefusal({ header: { tableOffset: 20 * mib } }, 'DISK_TRUNCATED', /before its block table/);
    expectRefusal({ header: { tableOffset: Number.MAX_SAFE_INTEGER } }, 'DISK_TRUNCATED', /block table/);
  });

  it('a header beyond the end of the file', () => {
    expectRefusal({ footer: { headerOffset: 2 ** 52 } }, 'DISK_TRUNCATED', /before its dynamic disk header/);
  });

  it('a header that is none', () => {
    expectRefusal({ footer: { headerOffset: 4 * mib } }, 'DISK_CORRUPT', /no dynamic disk header/);
  });

  it('a huge size in tiny blocks', () => {
    expectRefusal(
      {
        footer: { sizeBytes: 64 * 1024 ** 4 },
        header: { tableEntries: 0xffff_ffff, blockBytes: 32 * 1024 },
        fileBytes: 40 * 1024 ** 3,
      },
      'DISK_UNSUPPORTED',
      /2147483648 blocks/,
    );
  });

  it('a fixed disk larger than its file', () => {
    const path = inFolder('fixed.vhd');
    const footer = encodeFooter(newFooter('fixed', null, { sizeBytes: 8 * mib }));
    writeFileSync(path, Buffer.concat([Buffer.alloc(mib), footer]));
    expect(() => openDiskLayer(path)).toThrow(
      expect.objectContaining({ code: 'DISK_TRUNCATED', file: path }),
    );
  });

  it('a footer that is damaged with no copy', () => {
    const path = inFolder('fixed.vhd');
    const footer = encodeFooter(newFooter('fixed', null, { sizeBytes: mib }));
    footer[50] = 1;
    writeFileSync(path, Buffer.concat([Buffer.alloc(mib), footer]));
    expect(() => openDiskLayer(path)).toThrow(expect.objectContaining({ code: 'DISK_CORRUPT', file: path }));
  });

  it.each([0, 1, 510, 511, 512, 4096])('a file of %i bytes of nothing', (bytes) => {
    const path = inFolder('nothing.vhd');
    writeFileSync(path, Buffer.alloc(bytes));
    expect(() => openDiskLayer(path)).toThrow(expect.objectContaining({ code: 'DISK_FORMAT_UNKNOWN' }));
  });

  it('a parent path of 4 GiB', () => {
    const locator = { platform: 'W2ru', space: 1, lengthBytes: 0xffff_ffff, fileOffset: 2048 };
    expectRefusal(
      { footer: { kind: 'differencing' }, header: { locators: [locator] } },
      'DISK_CORRUPT',
      /longer than any path/,
    );
  });

  it('a parent path beyond the end of the file', () => {
    const locator = { platform: 'W2ku', space: 1, lengthBytes: 64, fileOffset: 2 ** 50 };
    expectRefusal(
      { footer: { kind: 'differencing' }, header: { locators: [locator] } },
      'DISK_TRUNCATED',
      /ends at byte/,
    );
  });

  it('a parent that is a folder, and one with control characters in its name', () => {
    const spec = {
      path: inFolder('tip.vhd'),
      sizeBytes: mib,
      diskId: randomUUID(),
      parentId: randomUUID(),
      writes: [],
    };
    writeDifferencingVhd({ ...spec, relativePath: '.' });
    expect(() => openVirtualDisk(spec.path)).toThrow(
      expect.objectContaining({ code: 'DISK_FORMAT_UNKNOWN' }),
    );
    writeDifferencingVhd({ ...spec, relativePath: '.\\\u001b[2Jbase.vhd' });
    expect(() => openVirtualDisk(spec.path)).toThrow(/does not say which file/);
  });
});

describe('a large dynamic VHD', () => {
  it('with a table of 16 million blocks opens and lists its one extent in bounded memory', () => {
    const path = inFolder('large.vhd');
    const tableOffset = 1536;
    const entries = 16 * mib;
    writeHostile(path, {
      footer: { sizeBytes: 32 * 1024 ** 4 },
      header: { tableEntries: entries },
      fileBytes: 70 * mib,
    });
    const handle = openSync(path, 'r+');
    const page = Buffer.alloc(mib, 0xff);
    for (let at = 0; at < entries * 4; at += mib) writeSync(handle, page, 0, mib, tableOffset + at);
    const entry = Buffer.alloc(4);
    entry.writeUInt32BE(66 * 2048);
    writeSync(handle, entry, 0, 4, tableOffset + (entries - 1) * 4);
    writeSync(handle, Buffer.alloc(512, 0xff), 0, 512, 66 * mib);
    closeSync(handle);
    truncateSync(path, 66 * mib + 512 + 2 * mib);
    const before = process.memoryUsage.rss();
    const disk = openVirtualDisk(path);
    expect([...disk.extents()]).toEqual([{ offset: 32 * 1024 ** 4 - 2 * mib, length: 2 * mib }]);
    disk.read(new Uint8Array(4096), 32 * 1024 ** 4 - 4096);
    disk.close();
    expect(process.memoryUsage.rss() - before).toBeLessThan(32 * mib);
  });
});
