import { statSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createRawWriter } from '../../../src/main/disk/raw/raw-writer.ts';
import { createVhdxWriter } from '../../../src/main/disk/vhdx/vhdx-writer.ts';
import { CliHarness } from './cli-harness.ts';

const sizeBytes = 16 * 1024 * 1024;
const dataOffset = 8 * 1024 * 1024;

let cli: CliHarness;
beforeEach(async () => {
  cli = new CliHarness();
  const writer = createVhdxWriter(join(cli.directory, 'a.vhdx'), { sizeBytes });
  writer.write(Buffer.alloc(4096, 0x5a), dataOffset);
  await writer.close();
});
afterEach(() => cli.remove());

describe('disk commands', () => {
  it('describe a file found from where the user is, without an engine', async () => {
    const { exitCode, stdout } = await cli.run('disk', 'info', 'a.vhdx', '--json');
    expect(exitCode).toBe(0);
    expect(JSON.parse(stdout)).toMatchObject({ format: 'vhdx', kind: 'dynamic', sizeBytes, problem: null });
    expect((await cli.run('disk', 'info', 'a.vhdx')).stdout).toMatch(/Format +dynamic VHDX\nSize +16\.0 MB/);
    expect(cli.opened).toBe(0);
  });

  it('map a disk as one JSON array that covers its data', async () => {
    const { stdout } = await cli.run('disk', 'map', 'a.vhdx', '--json');
    const extents = JSON.parse(stdout) as { offset: number; length: number }[];
    expect(extents.some(({ offset, length }) => offset <= dataOffset && dataOffset < offset + length)).toBe(
      true,
    );
    expect(extents.reduce((sum, { length }) => sum + length, 0)).toBeLessThan(sizeBytes);
  });

  it('map an empty disk as an empty array', async () => {
    await createVhdxWriter(join(cli.directory, 'empty.vhdx'), { sizeBytes }).close();
    expect(JSON.parse((await cli.run('disk', 'map', 'empty.vhdx', '--json')).stdout)).toEqual([]);
  });

  it('convert to the format of the new file’s name, and compare what came out', async () => {
    expect((await cli.run('disk', 'convert', 'a.vhdx', 'b.img')).exitCode).toBe(0);
    expect(statSync(join(cli.directory, 'b.img')).size).toBe(sizeBytes);
    const { exitCode, stdout } = await cli.run('disk', 'convert', 'a.vhdx', 'c.vhd', '--json');
    expect(exitCode).toBe(0);
    expect(JSON.parse(stdout)).toMatchObject({ format: 'vhd', writtenBytes: expect.any(Number) });
    const same = await cli.run('disk', 'compare', 'a.vhdx', 'c.vhd');
    expect(same).toMatchObject({ exitCode: 0, stdout: 'The disks hold the same.\n' });
  });

  it('open a raw image when told that it is one, and say how where they are not', async () => {
    await cli.run('disk', 'convert', 'a.vhdx', 'b.img');
    for (const [command, option] of [
      [['info', 'b.img'], '--raw'],
      [['map', 'b.img'], '--raw'],
      [['convert', 'b.img', 'c.vhdx'], '--raw'],
      [['compare', 'a.vhdx', 'b.img'], '--raw second'],
      [['compare', 'b.img', 'a.vhdx'], '--raw first'],
    ] as const) {
      const untold = await cli.run('disk', ...command);
      expect(untold.exitCode).toBe(1);
      expect(untold.stderr).toContain(`if it is one, say ${option}.`);
      expect((await cli.run('disk', ...command, ...option.split(' '))).exitCode).toBe(0);
    }
    expect((await cli.run('disk', 'compare', 'a.vhdx', 'c.vhdx')).exitCode).toBe(0);
    const { stdout } = await cli.run('disk', 'info', 'b.img', '--raw', '--json');
    expect(JSON.parse(stdout)).toMatchObject({ format: 'raw', sizeBytes });
  });

  it('compare ends with 1 where disks differ, and says where first', async () => {
    const writer = createVhdxWriter(join(cli.directory, 'd.vhdx'), { sizeBytes });
    writer.write(Buffer.alloc(4096, 0x5a), dataOffset);
    const sector = Buffer.alloc(512);
    sector[8] = 1;
    writer.write(sector, dataOffset + 8192);
    await writer.close();
    const { exitCode, stdout } = await cli.run('disk', 'compare', 'a.vhdx', 'd.vhdx');
    expect(exitCode).toBe(1);
    expect(stdout).toContain(`first at byte ${dataOffset + 8200}`);
  });

  it('convert overwrites nothing, and wants to know the format', async () => {
    await createRawWriter(join(cli.directory, 'taken.img'), { sizeBytes: 512 }).close();
    const taken = await cli.run('disk', 'convert', 'a.vhdx', 'taken.img');
    expect(taken.exitCode).toBe(1);
    expect(taken.stderr).toContain('[DISK_TARGET_EXISTS]');
    expect(statSync(join(cli.directory, 'taken.img')).size).toBe(512);
    expect((await cli.run('disk', 'convert', 'a.vhdx', 'new')).exitCode).toBe(2);
  });
});

describe('hrl inspect', () => {
  it('says of a file that is no log just that', async () => {
    const { exitCode, stdout } = await cli.run('hrl', 'inspect', 'a.vhdx', '--json');
    expect(exitCode).toBe(1);
    expect(JSON.parse(stdout)).toMatchObject({
      header: null,
      damage: null,
      problem: { code: 'HRL_NOT_A_LOG' },
    });
    const text = (await cli.run('hrl', 'inspect', 'a.vhdx')).stdout;
    expect(text).toMatch(/^The file .*a\.vhdx is not a replication log\.\nNext: Name a log/);
    expect(text).not.toMatch(/damaged|[Rr]esynchronize/);
  });
});
