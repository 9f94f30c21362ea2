import { ReplicationError } from '../../../contract/errors.ts';
import type { ByteSource } from '../byte-source.ts';
import {
  decodeFooter,
  footerBytes,
  hasFooterCookie,
  isIntactFooter,
  oldFooterBytes,
  type VhdFooter,
} from './footer.ts';

export interface FoundFooter {
  readonly footer: VhdFooter;
  /** Which one was used: the copy stands in when the file's end is damaged or missing. */
  readonly place: 'end' | 'copy at the start';
  /** Where the data of a fixed disk must end. */
  readonly dataEnd: number;
}

/**
 * Finds the footer to believe: the one at the end (also of 511 bytes, as very old tools wrote), else the copy at the
 * start that dynamic and differencing disks have. Null when nothing claims to be a footer.
 * @throws ReplicationError `DISK_CORRUPT` when all that claim are damaged
 */
export const findFooter = (source: ByteSource): FoundFooter | null => {
  const { sizeBytes, path } = source;
  if (sizeBytes < oldFooterBytes) return null;
  let claimed = false;
  for (const length of [footerBytes, oldFooterBytes]) {
    const bytes = readFooterAt(source, sizeBytes - length, length);
    if (bytes === null) continue;
    claimed ||= hasFooterCookie(bytes);
    if (isIntactFooter(bytes)) {
      return { footer: decodeFooter(bytes, path), place: 'end', dataEnd: sizeBytes - length };
    }
  }
  const copy = readFooterAt(source, 0, footerBytes);
  if (copy !== null) {
    claimed ||= hasFooterCookie(copy);
    if (isIntactFooter(copy)) {
      const footer = decodeFooter(copy, path);
      // A fixed disk has no copy: what looks like one is the guest's data, or all that is left of a cut file.
      if (footer.kind !== 'fixed') return { footer, place: 'copy at the start', dataEnd: sizeBytes };
    }
  }
  if (!claimed) return null;
  throw new ReplicationError(
    'DISK_CORRUPT',
    `The footer of the VHD ${path} is damaged and no intact copy is left.`,
    {
      file: path,
      offset: Math.max(0, sizeBytes - footerBytes),
    },
  );
};

const readFooterAt = (source: ByteSource, offset: number, length: number): Uint8Array | null => {
  if (offset < 0 || offset + length > source.sizeBytes) return null;
  const bytes = new Uint8Array(footerBytes);
  source.read(bytes.subarray(0, length), offset);
  return bytes;
};
