import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, dirname, join } from 'node:path';
import { afterEach } from 'vitest';
import { openDiskLayer } from '../../../../src/main/disk/open-disk.ts';
import { createDynamicVhdWriter } from '../../../../src/main/disk/vhd/dynamic-vhd-writer.ts';
import { createVhdxWriter, openVhdxWriter } from '../../../../src/main/disk/vhdx/vhdx-writer.ts';
import type { VirtualDiskWriter } from '../../../../src/main/disk/virtual-disk.ts';

export const mebibyte = 1024 * 1024;

/** A directory for one test, removed after it. */
export const makeRoot = (parent = tmpdir()): string => {
  const root = mkdtempSync(join(parent, 'folder-host-'));
  roots.push(root);
  return root;
};
const roots: string[] = [];
afterEach(() => {
  for (const root of roots.splice(0)) rmSync(root, { recursive: true, force: true });
});

type Fill = (disk: VirtualDiskWriter) => void;

const finish = async (disk: VirtualDiskWriter, fill: Fill): Promise<string> => {
  fill(disk);
  await disk.close();
  return disk.path;
};

const nothing: Fill = () => {};

/** Makes `path`'s folder as well. */
export const makeVhd = (path: string, fill: Fill = nothing): Promise<string> => {
  mkdirSync(dirname(path), { recursive: true });
  return finish(createDynamicVhdWriter(path, { sizeBytes: 64 * mebibyte }), fill);
};

export const makeVhdx = (path: string, fill: Fill = nothing, diskId?: string): Promise<string> => {
  mkdirSync(dirname(path), { recursive: true });
  const options = { sizeBytes: 64 * mebibyte, blockBytes: mebibyte };
  return finish(createVhdxWriter(path, diskId === undefined ? options : { ...options, diskId }), fill);
};

/** A differencing VHDX beside its parent, or with the path to it that is given. */
export const makeChild = (
  path: string,
  parent: string,
  fill: Fill = nothing,
  relativePath = `./${basename(parent)}`,
): Promise<string> => {
  const layer = openDiskLayer(parent);
  layer.close();
  const location = { linkage: layer.linkage, relativePath, absolutePath: parent };
  return finish(
    createVhdxWriter(path, { sizeBytes: 64 * mebibyte, blockBytes: mebibyte, parent: location }),
    fill,
  );
};

/** Changes a finished VHDX. */
export const writeInto = async (path: string, value: number, offset = 0): Promise<void> => {
  const disk = openVhdxWriter(path);
  disk.write(new Uint8Array(4096).fill(value), offset);
  await disk.close();
};
