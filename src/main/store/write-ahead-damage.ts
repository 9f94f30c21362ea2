import { existsSync, readFileSync } from 'node:fs';

/**
 * What SQLite keeps beside a database until it is moved into it: the transactions of the last minutes, or hours
 * (https://sqlite.org/fileformat2.html#the_write_ahead_log).
 *
 * ```
 * header 32 bytes: magic, version, page size, checkpoint, 2 salts, 2 checksums     all numbers big-endian
 * frame: page number, size of the database after a commit (else 0), 2 salts, 2 checksums, then the page
 * ```
 *
 * A frame's checksums go on from those of the frame before it. SQLite takes the frames up to the first that does not fit
 * and says nothing of what follows: rightly for what a crash cut short, silently for what was damaged.
 */
const headerBytes = 32;
const frameHeaderBytes = 24;
/** The lowest bit says that checksums read the bytes as big-endian words. */
const magic = 0x377f0682;

type Sums = readonly [number, number];

/**
 * Says what is wrong with the log of a database that no process has open; null when nothing is. One that only breaks off
 * is what crashes leave. One with a whole transaction behind the break was damaged, or a power cut kept later pages and
 * lost earlier ones.
 */
export const writeAheadDamage = (databasePath: string): string | null => {
  const path = `${databasePath}-wal`;
  if (!existsSync(path)) return null;
  const log = readFileSync(path);
  if (log.length < headerBytes || log.every((byte) => byte === 0)) return null;
  const found = log.readUInt32BE(0);
  const pageBytes = log.readUInt32BE(8);
  const isHeader = (found & ~1) >>> 0 === magic && pageBytes >= 512 && pageBytes <= 65_536;
  if (!isHeader) return `the header of ${path} is damaged`;
  const isBigEndian = (found & 1) === 1;
  const sumsAt = (offset: number): Sums => [log.readUInt32BE(offset), log.readUInt32BE(offset + 4)];
  const salts = log.subarray(16, 24);
  const fits = (offset: number, before: Sums): boolean => {
    if (!log.subarray(offset + 8, offset + 16).equals(salts)) return false;
    const ofHeader = checksum(log.subarray(offset, offset + 8), before, isBigEndian);
    const page = log.subarray(offset + frameHeaderBytes, offset + frameHeaderBytes + pageBytes);
    const sums = checksum(page, ofHeader, isBigEndian);
    const [first, second] = sumsAt(offset + 16);
    return sums[0] === first && sums[1] === second;
  };
  const ofHeader = sumsAt(24);
  const [first, second] = checksum(log.subarray(0, 24), [0, 0], isBigEndian);
  let brokenAt: number | null = first === ofHeader[0] && second === ofHeader[1] ? null : 0;
  let before = ofHeader;
  for (let at = headerBytes; at + frameHeaderBytes + pageBytes <= log.length; ) {
    const isWhole = fits(at, before);
    if (!isWhole) brokenAt ??= at;
    else if (brokenAt !== null && log.readUInt32BE(at + 4) !== 0)
      return `${path} is damaged at offset ${brokenAt}, before transactions that are whole`;
    before = sumsAt(at + 16);
    at += frameHeaderBytes + pageBytes;
  }
  return null;
};

/** SQLite's own: over pairs of 32-bit words, modulo 2^32. */
const checksum = (bytes: Buffer, [first, second]: Sums, isBigEndian: boolean): Sums => {
  let [a, b] = [first, second];
  for (let at = 0; at < bytes.length; at += 8) {
    a = (a + (isBigEndian ? bytes.readUInt32BE(at) : bytes.readUInt32LE(at)) + b) >>> 0;
    b = (b + (isBigEndian ? bytes.readUInt32BE(at + 4) : bytes.readUInt32LE(at + 4)) + a) >>> 0;
  }
  return [a, b];
};
