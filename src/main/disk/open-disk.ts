import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import { ReplicationError } from '../../contract/errors.ts';
import { ChainDisk } from './chain-disk.ts';
import { FileSource } from './file-source.ts';
import { type OpenDiskOptions, openLayerFrom } from './open-layer.ts';
import { fileName, parentPathCandidates } from './parent-paths.ts';
import type { DiskLayer, ParentReference } from './virtual-disk.ts';

/** More checkpoints than Hyper-V allows (50), few enough for one thread's open files. */
const deepestChain = 256;

/**
 * Opens a virtual disk read-only with all its parents.
 * @throws ReplicationError as `openDiskLayer`; `DISK_CHAIN_BROKEN` when a parent is missing or not the one the child was
 *   made of; `DISK_CHAIN_CYCLE`
 */
export const openVirtualDisk = (path: string, options: OpenDiskOptions = {}): ChainDisk =>
  new ChainDisk(openChain(path, options));

/**
 * Opens one disk file read-only without following its parents.
 * @throws ReplicationError `DISK_NOT_FOUND`, `DISK_LOCKED`, `DISK_ACCESS_DENIED`, `DISK_READ_FAILED`, `DISK_FORMAT_UNKNOWN`,
 *   `DISK_CORRUPT`, `DISK_TRUNCATED`, `DISK_UNSUPPORTED`, `DISK_TOO_LARGE`
 */
export const openDiskLayer = (path: string, options: OpenDiskOptions = {}): DiskLayer =>
  openLayerFrom(new FileSource(path), options);

/** Opens the layers of a disk, the tip first. `onLayer` sees each as it is opened, also when a later one fails. */
export const openChain = (
  path: string,
  options: OpenDiskOptions = {},
  onLayer: (layer: DiskLayer) => void = () => {},
): readonly DiskLayer[] => {
  const layers: DiskLayer[] = [];
  const fileIds = new Set<string>();
  try {
    const source = new FileSource(resolve(path));
    fileIds.add(source.fileId);
    let layer = openLayerFrom(source, options);
    layers.push(layer);
    onLayer(layer);
    while (layer.parent !== null) {
      if (layers.length >= deepestChain) throw tooDeep(path);
      layer = openParent(layer, layer.parent, fileIds);
      layers.push(layer);
      onLayer(layer);
    }
    return layers;
  } catch (error) {
    for (const layer of layers) layer.close();
    throw error;
  }
};

/**
 * Opens the first candidate whose id matches. A file that is found but does not match, or cannot be read, does not end
 * the search: a stale copy beside the child must not hide the right parent elsewhere.
 */
const openParent = (child: DiskLayer, reference: ParentReference, fileIds: Set<string>): DiskLayer => {
  let firstFailure: ReplicationError | null = null;
  for (const path of parentPathCandidates(child.path, reference.paths)) {
    if (!existsSync(path)) continue;
    try {
      return openMatching(path, child, reference, fileIds);
    } catch (error) {
      if (!(error instanceof ReplicationError)) throw error;
      firstFailure ??= error;
    }
  }
  throw firstFailure ?? missingParent(child, reference);
};

const openMatching = (
  path: string,
  child: DiskLayer,
  reference: ParentReference,
  fileIds: Set<string>,
): DiskLayer => {
  const source = new FileSource(path);
  if (fileIds.has(source.fileId)) {
    source.close();
    throw new ReplicationError(
      'DISK_CHAIN_CYCLE',
      `The disk ${child.path} names ${path} as its parent, which is itself one of its children.`,
      { file: path },
    );
  }
  const layer = openLayerFrom(source);
  if (!reference.linkages.includes(layer.linkage) || layer.logicalSectorBytes !== child.logicalSectorBytes) {
    layer.close();
    throw new ReplicationError(
      'DISK_CHAIN_BROKEN',
      `The file ${path} is not the parent that ${child.path} was made of, or was changed since.`,
      { file: path },
    );
  }
  fileIds.add(source.fileId);
  return layer;
};

const missingParent = (child: DiskLayer, reference: ParentReference): ReplicationError => {
  const [stored] = reference.paths;
  const [expected] = parentPathCandidates(child.path, reference.paths);
  return new ReplicationError(
    'DISK_CHAIN_BROKEN',
    stored === undefined
      ? `The differencing disk ${child.path} does not say which file its parent is.`
      : `The parent disk ${fileName(stored)} (${stored}) of ${child.path} is missing.`,
    { file: expected ?? child.path },
  );
};

const tooDeep = (path: string): ReplicationError =>
  new ReplicationError(
    'DISK_CHAIN_BROKEN',
    `The disk ${path} has a chain of more than ${deepestChain} files.`,
    { file: path },
  );
