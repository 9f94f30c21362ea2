import { basename, extname } from 'node:path';
import { ReplicationError } from '../../../contract/errors.ts';
import type { HostDisk, HostVm, UnreadableDisk } from '../host.ts';
import type { ChainFile, ProbedFile, ReadableFile, UnreadableFile } from './disk-probe.ts';
import { copiedDiskId, unreadableDiskId } from './stable-id.ts';
import type { VmFolder } from './vm-folder.ts';

/** Removed since the folder was read, as a merged checkpoint is; a missing parent is `DISK_CHAIN_BROKEN`. */
const isGone = ({ code }: ReplicationError): boolean => code === 'DISK_NOT_FOUND';

/** A chain as the VM uses it: its tip, and the lowest file of it that lies in the VM's own folder. */
interface Chain {
  readonly tip: ReadableFile;
  readonly base: ChainFile;
  readonly baseBornNs: bigint;
}

/** Why the disk called `name` cannot be used. */
interface Fault {
  readonly name: string;
  readonly path: string;
  readonly error: ReplicationError;
}

/**
 * Makes a VM of its probed files. Pure.
 *
 * | files                                          | outcome                                                        |
 * |------------------------------------------------|----------------------------------------------------------------|
 * | a file that is nobody's parent                 | tip of a disk                                                  |
 * | several tips over one file of the folder       | branches of checkpoints: the tip written last is the VM's      |
 * | ... written at the same instant                | unreadable disk                                                |
 * | a parent outside the folder (shared template)  | belongs to the chain, but the disk is named after its own file |
 * | a file that does not open                      | unreadable disk                                                |
 * | ... and may continue a disk of the folder      | that disk is unreadable: its tip would show an old state       |
 * | ... and continues one that does not open either| one unreadable disk                                            |
 * | a link out of the host folder                  | like a file that does not open                                 |
 * | two disks with one id                          | the older file keeps it, the copy gets one made from its name  |
 */
export const assembleVm = (folder: VmFolder, probed: readonly ProbedFile[]): HostVm => {
  const readable = distinct(probed.filter((file) => file.kind === 'readable'));
  const unreadable = [
    ...folder.closedFiles,
    ...probed.filter((file) => file.kind === 'unreadable').filter(({ error }) => !isGone(error)),
  ];

  const chains: Chain[] = [];
  const faults: Fault[] = [];
  for (const branches of groupByBase(chainsOf(readable))) {
    const [newest, next] = branches;
    if (newest === undefined) continue;
    const name = nameOf(newest);
    const continuing = unreadable.filter((file) => mayContinue(file, newest));
    for (const { path, error } of continuing) faults.push({ name, path, error });
    if (continuing.length > 0) continue;
    if (next !== undefined && modifiedNs(next) === modifiedNs(newest))
      faults.push({ name, path: newest.tip.path, error: ambiguous(newest, next) });
    else chains.push(newest);
  }
  const explained = new Set(faults.map(({ path }) => path));
  for (const file of unreadable) {
    if (!explained.has(file.path))
      faults.push({ name: lowestName(file, unreadable), path: file.path, error: file.error });
  }
  chains.sort((a, b) => nameOf(a).localeCompare(nameOf(b)));

  const system = chains.find(({ tip }) => tip.partitionTable?.partitions.some(({ bootable }) => bootable));
  const operatingSystem = system ?? chains[0];
  const scheme = operatingSystem?.tip.partitionTable?.scheme;
  const ids = uniqueIds(chains);
  return {
    id: folder.id,
    name: folder.name,
    path: folder.path,
    generation: scheme === undefined ? null : scheme === 'gpt' ? 2 : 1,
    disks: chains.map((chain) => toDisk(chain, ids.get(chain)!, chain === operatingSystem)),
    unreadable: unreadableDisks(folder, faults),
    problems: withoutRepeats([
      ...(folder.problem === null ? [] : [folder.problem]),
      ...faults.map(({ error }) => error),
    ]).map((error) => error.forVm(folder.name).toReport()),
  };
};

const fileKey = ({ stamp }: ChainFile): string => `${stamp.device}:${stamp.inode}`;
const keyOf = (file: ReadableFile): string => fileKey(file.chain[0]!);
const modifiedNs = ({ tip }: Chain): bigint => BigInt(tip.chain[0]!.stamp.modifiedNs);
const nameOf = ({ base }: Chain): string => basename(base.path);

/** One file under two names (links) once. */
const distinct = (files: readonly ReadableFile[]): readonly ReadableFile[] => [
  ...new Map(files.toReversed().map((file) => [keyOf(file), file])).values(),
];

const chainsOf = (files: readonly ReadableFile[]): readonly Chain[] => {
  const own = new Set(files.map(keyOf));
  const parents = new Set(files.flatMap(({ chain }) => chain.slice(1).map(fileKey)));
  return files
    .filter((file) => !parents.has(keyOf(file)))
    .map((tip) => {
      const lowest = tip.chain.findLastIndex((file) => own.has(fileKey(file)));
      return { tip, base: tip.chain[lowest]!, baseBornNs: tip.bornNs[lowest]! };
    });
};

/** Chains over one file, the one written last first. */
const groupByBase = (chains: readonly Chain[]): readonly (readonly Chain[])[] =>
  [...Map.groupBy(chains, ({ base }) => fileKey(base)).values()].map((group) =>
    group.toSorted((a, b) => (modifiedNs(a) < modifiedNs(b) ? 1 : -1)),
  );

/** Whether a file that does not open could be a newer tip of the chain; a child of a shared template is a disk of its own. */
const mayContinue = (file: UnreadableFile, { tip, base }: Chain): boolean => {
  const own = tip.chain.slice(0, tip.chain.indexOf(base) + 1);
  const names = own.map(({ path }) => basename(path).toLowerCase());
  if (file.parentNames.length > 0) return file.parentNames.some((name) => names.includes(name));
  // Nothing to go by but the name that Hyper-V gives: `<disk>_<GUID>.avhdx`.
  const fileName = basename(file.path).toLowerCase();
  const baseName = basename(base.path, extname(base.path)).toLowerCase();
  return /\.avhdx?$/.test(fileName) && fileName.startsWith(`${baseName}_`);
};

/** The disk's name: that of the lowest file of its chain that is there and does not open either. */
const lowestName = (file: UnreadableFile, unreadable: readonly UnreadableFile[]): string => {
  const passed = new Set<UnreadableFile>();
  let lowest = file;
  for (let next: UnreadableFile | undefined = file; next !== undefined && !passed.has(next); ) {
    lowest = next;
    passed.add(lowest);
    const { parentNames } = lowest;
    next = unreadable.find(({ path }) => parentNames.includes(basename(path).toLowerCase()));
  }
  return basename(lowest.path);
};

/** By name, each once: a broken chain has a fault in each of its files. */
const unreadableDisks = (folder: VmFolder, faults: readonly Fault[]): readonly UnreadableDisk[] => {
  const byName = new Map(faults.toReversed().map((fault) => [fault.name.toLowerCase(), fault]));
  return [...byName.values()]
    .toSorted((a, b) => a.name.localeCompare(b.name))
    .map(({ name, path, error }) => ({
      id: unreadableDiskId(name),
      name,
      path,
      error: error.forVm(folder.name).toReport(),
    }));
};

const ambiguous = (one: Chain, other: Chain): ReplicationError =>
  new ReplicationError(
    'DISK_CHAIN_BROKEN',
    `${basename(one.tip.path)} and ${basename(other.tip.path)} both continue ${nameOf(one)} and were written at the same time: which one the VM uses cannot be told.`,
    { file: one.tip.path },
  );

/** By chain; the id must not move to a copy that somebody lays beside the disk, so that the file born first keeps it. */
const uniqueIds = (chains: readonly Chain[]): ReadonlyMap<Chain, string> => {
  const ids = new Map<Chain, string>();
  const taken = new Set<string>();
  for (const chain of chains.toSorted((a, b) => (a.baseBornNs < b.baseBornNs ? -1 : 1))) {
    const { rootDiskId } = chain.tip;
    const id = taken.has(rootDiskId) ? copiedDiskId(rootDiskId, nameOf(chain)) : rootDiskId;
    taken.add(id);
    ids.set(chain, id);
  }
  return ids;
};

const toDisk = (chain: Chain, id: string, isOperatingSystem: boolean): HostDisk => {
  const { tip } = chain;
  return {
    id,
    name: nameOf(chain),
    rootPath: chain.base.path,
    path: tip.path,
    format: tip.format,
    kind: tip.diskKind,
    sizeBytes: tip.sizeBytes,
    logicalSectorBytes: tip.logicalSectorBytes,
    files: tip.chain.map(({ path }) => path),
    isOperatingSystem,
  };
};

/** Each child of a missing parent reports the same missing parent. */
const withoutRepeats = (errors: readonly ReplicationError[]): readonly ReplicationError[] => [
  ...new Map(errors.map((error) => [`${error.code} ${error.file} ${error.message}`, error])).values(),
];
