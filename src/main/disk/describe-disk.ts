import { statSync } from 'node:fs';
import { type ErrorReport, ReplicationError } from '../../contract/errors.ts';
import type { DiskFormat, DiskKind } from '../../contract/model.ts';
import { openChain } from './open-disk.ts';
import type { OpenDiskOptions } from './open-layer.ts';
import type { DiskLayer } from './virtual-disk.ts';

/** One file of a disk's chain, for people and scripts. */
export interface DiskFileDescription {
  readonly path: string;
  readonly format: DiskFormat;
  readonly kind: DiskKind;
  readonly sizeBytes: number;
  readonly fileBytes: number;
  readonly diskId: string;
  /** What a child of this file stores to recognise it. */
  readonly linkage: string;
  /** Paths under which the file looks for its parent, as stored. */
  readonly parentPaths: readonly string[];
  readonly details: Readonly<Record<string, string | number | boolean>>;
}

export interface DiskDescription {
  readonly path: string;
  readonly format: DiskFormat;
  readonly kind: DiskKind;
  readonly sizeBytes: number;
  readonly logicalSectorBytes: number;
  readonly physicalSectorBytes: number;
  /** Id of the chain's root, which protection knows the disk by; null when the chain is broken. */
  readonly diskId: string | null;
  /** Tip first; ends at the last file that could be opened. */
  readonly chain: readonly DiskFileDescription[];
  /** Why the chain cannot be read to its root; null when all is well. */
  readonly problem: ErrorReport | null;
}

/**
 * What a disk file says about itself and its parents. A broken chain is described as far as it goes.
 * @throws ReplicationError as `openDiskLayer` when the file itself cannot be understood
 */
export const describeDisk = (path: string, options: OpenDiskOptions = {}): DiskDescription => {
  const chain: DiskFileDescription[] = [];
  let tip: DiskLayer | null = null;
  let problem: ErrorReport | null = null;
  try {
    const layers = openChain(path, options, (layer) => {
      tip ??= layer;
      chain.push(describeFile(layer));
    });
    for (const layer of layers) layer.close();
  } catch (error) {
    if (tip === null || !(error instanceof ReplicationError)) throw error;
    problem = error.toReport();
  }
  const { format, kind, sizeBytes, logicalSectorBytes, physicalSectorBytes } = tip!;
  return {
    path: tip!.path,
    format,
    kind,
    sizeBytes,
    logicalSectorBytes,
    physicalSectorBytes,
    diskId: problem === null ? chain.at(-1)!.diskId : null,
    chain,
    problem,
  };
};

const describeFile = (layer: DiskLayer): DiskFileDescription => ({
  path: layer.path,
  format: layer.format,
  kind: layer.kind,
  sizeBytes: layer.sizeBytes,
  fileBytes: statSync(layer.path).size,
  diskId: layer.diskId,
  linkage: layer.linkage,
  parentPaths: layer.parent?.paths ?? [],
  details: layer.details,
});
