/**
 * Directory entry, 32 bytes (Microsoft FAT specification 1.03, sections 6 and 7), little-endian:
 *   0 name 8 + 3, blank padded   11 attributes   13 creation 1/100 s   14 time   16 date   18 access date
 *   20 first cluster, high       22 time         24 date               26 first cluster, low   28 size
 * Long name entry, before the short one, last piece first:
 *   0 number | 0x40 on the last  1 chars 1–5   11 0x0f   13 checksum of the short name   14 chars 6–11   28 chars 12–13
 */
export const directoryEntryBytes = 32;

export const attributes = { volumeLabel: 0x08, directory: 0x10, archive: 0x20 } as const;

export interface DirectoryEntry {
  readonly name: string;
  readonly attribute: number;
  readonly firstCluster: number;
  readonly sizeBytes: number;
}

/** Time stamp of every entry: sample disks are the same each time they are made. */
const date = ((2025 - 1980) << 9) | (11 << 5) | 3;
const time = (8 << 11) | (30 << 5);

const piecesChars = 13;
const pieceOffsets = [1, 3, 5, 7, 9, 14, 16, 18, 20, 22, 24, 28, 30] as const;

/** Entries that a name takes in its directory, long name included. */
export const entriesFor = (name: string): number =>
  isShortName(name) ? 1 : 1 + Math.ceil(name.length / piecesChars);

/** A directory's bytes; `lead` are its first entries: the volume label, or `.` and `..`. */
export const encodeDirectory = (
  lead: readonly DirectoryEntry[],
  entries: readonly DirectoryEntry[],
): Buffer => {
  const parts = lead.map((entry) => shortEntry(Buffer.from(entry.name.padEnd(11), 'latin1'), entry));
  const taken = new Set<string>();
  for (const entry of entries) {
    const shortName = uniqueShortName(entry.name, taken);
    const shortBytes = Buffer.from(shortName, 'latin1');
    if (!isShortName(entry.name)) parts.push(longNameEntries(entry.name, shortBytes));
    parts.push(shortEntry(shortBytes, entry));
  }
  return Buffer.concat(parts);
};

const shortEntry = (name: Buffer, entry: DirectoryEntry): Buffer => {
  const bytes = Buffer.alloc(directoryEntryBytes);
  name.copy(bytes);
  bytes[11] = entry.attribute;
  bytes.writeUInt16LE(time, 14);
  bytes.writeUInt16LE(date, 16);
  bytes.writeUInt16LE(date, 18);
  bytes.writeUInt16LE(entry.firstCluster >>> 16, 20);
  bytes.writeUInt16LE(time, 22);
  bytes.writeUInt16LE(date, 24);
  bytes.writeUInt16LE(entry.firstCluster & 0xffff, 26);
  bytes.writeUInt32LE(entry.sizeBytes, 28);
  return bytes;
};

const longNameEntries = (name: string, shortName: Buffer): Buffer => {
  const pieces = Math.ceil(name.length / piecesChars);
  const checksum = shortName.reduce((sum, byte) => (((sum & 1) << 7) + (sum >>> 1) + byte) & 0xff, 0);
  const bytes = Buffer.alloc(pieces * directoryEntryBytes);
  for (let piece = 0; piece < pieces; piece++) {
    const entry = bytes.subarray((pieces - 1 - piece) * directoryEntryBytes);
    entry[0] = (piece + 1) | (piece === pieces - 1 ? 0x40 : 0);
    entry[11] = 0x0f;
    entry[13] = checksum;
    for (const [index, offset] of pieceOffsets.entries()) {
      const at = piece * piecesChars + index;
      // One zero ends the name, what is left of the piece is all ones.
      const unit = at < name.length ? name.charCodeAt(at) : at === name.length ? 0 : 0xffff;
      entry.writeUInt16LE(unit, offset);
    }
  }
  return bytes;
};

const isShortName = (name: string): boolean => /^[A-Z0-9_-]{1,8}(\.[A-Z0-9_-]{1,3})?$/.test(name);

/** The 11 characters of the 8.3 name, made unique with `~1`, `~2` … as Windows does. */
const uniqueShortName = (name: string, taken: Set<string>): string => {
  const upper = name.toUpperCase();
  const dot = upper.lastIndexOf('.');
  const clean = (text: string) => text.replace(/[^A-Z0-9_-]/g, '');
  const base = clean(dot > 0 ? upper.slice(0, dot) : upper);
  const extension = (dot > 0 ? clean(upper.slice(dot + 1)) : '').slice(0, 3).padEnd(3);
  let candidate = base.padEnd(8) + extension;
  const fits = isShortName(upper) && !taken.has(candidate);
  for (let number = 1; !fits && (number === 1 || taken.has(candidate)); number++) {
    const tail = `~${number}`;
    candidate = (base.slice(0, 8 - tail.length) + tail).padEnd(8) + extension;
  }
  taken.add(candidate);
  return candidate;
};
