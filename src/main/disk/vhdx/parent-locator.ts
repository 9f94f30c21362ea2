import type { ParentReference } from '../virtual-disk.ts';
import { guidBytes, parseGuid, readGuid, writeGuid } from './guid.ts';
import { corrupt, unsupported } from './vhdx-error.ts';
import { vhdxLocatorType } from './vhdx-format.ts';

/**
 * The parent locator, a metadata item:
 *
 * ```
 * 0 locator type GUID │ 16 reserved u16 │ 18 pair count u16 │ 20 pairs of 12 bytes:
 *     0 key offset u32 │ 4 value offset u32 │ 8 key length u16 │ 10 value length u16     (from the item's start, bytes)
 * then keys and values, UTF-16LE without terminator
 * ```
 */
const pairBytes = 12;
const fixedBytes = 20;
const linkageKeys = ['parent_linkage', 'parent_linkage2'] as const;
/** In the order in which [MS-VHDX] 2.6.2.6.3 wants them tried. */
const pathKeys = ['relative_path', 'volume_path', 'absolute_win32_path'] as const;

export interface ParentLocation {
  /** The parent's DataWriteGuid when the child was made. */
  readonly linkage: string;
  /** From the child's folder to the parent; `/` and `\` both separate. */
  readonly relativePath: string;
  readonly absolutePath: string;
}

export const encodeParentLocator = (parent: ParentLocation): Buffer =>
  encodePairs([
    ['parent_linkage', `{${parent.linkage}}`],
    ['relative_path', parent.relativePath.replaceAll('/', '\\')],
    ['absolute_win32_path', parent.absolutePath],
  ]);

export const encodePairs = (pairs: readonly (readonly [key: string, value: string])[]): Buffer => {
  const strings = pairs.flat().map((text) => Buffer.from(text, 'utf16le'));
  const table = Buffer.alloc(fixedBytes + pairs.length * pairBytes);
  writeGuid(vhdxLocatorType, table, 0);
  table.writeUInt16LE(pairs.length, 18);
  let at = table.length;
  strings.forEach((text, index) => {
    const entry = fixedBytes + (index >> 1) * pairBytes;
    const isValue = index % 2;
    table.writeUInt32LE(at, entry + isValue * 4);
    table.writeUInt16LE(text.length, entry + 8 + isValue * 2);
    at += text.length;
  });
  return Buffer.concat([table, ...strings]);
};

/** @throws ReplicationError `DISK_CORRUPT`, or `DISK_UNSUPPORTED` when the parent is not a file. */
export const decodeParentLocator = (path: string, item: Buffer): ParentReference => {
  if (item.length < fixedBytes) throw corrupt(path, 'The parent locator is too short');
  const type = readGuid(item, 0);
  if (type !== vhdxLocatorType) throw unsupported(path, `The parent locator has the unknown type ${type}`);
  const pairs = decodePairs(path, item);
  const linkages: string[] = [];
  for (const key of linkageKeys) {
    const value = pairs.get(key);
    if (value === undefined) continue;
    const linkage = parseGuid(value);
    if (linkage === null) throw corrupt(path, `The parent locator's ${key} is no GUID`);
    linkages.push(linkage);
  }
  const paths = pathKeys.flatMap((key) => pairs.get(key) ?? []);
  if (linkages.length === 0 || paths.length === 0)
    throw corrupt(path, 'The parent locator names no parent or no path');
  return { linkages, paths };
};

export const decodePairs = (path: string, item: Buffer): Map<string, string> => {
  const count = item.readUInt16LE(guidBytes + 2);
  if (fixedBytes + count * pairBytes > item.length)
    throw corrupt(path, 'The parent locator claims too many entries');
  const text = (offset: number, length: number) => {
    if (offset + length > item.length || length % 2 !== 0)
      throw corrupt(path, 'An entry of the parent locator leaves it');
    return item.toString('utf16le', offset, offset + length);
  };
  const pairs = new Map<string, string>();
  for (let index = 0; index < count; index += 1) {
    const at = fixedBytes + index * pairBytes;
    const key = text(item.readUInt32LE(at), item.readUInt16LE(at + 8));
    if (pairs.has(key)) throw corrupt(path, 'The parent locator has an entry twice');
    pairs.set(key, text(item.readUInt32LE(at + 4), item.readUInt16LE(at + 10)));
  }
  return pairs;
};
