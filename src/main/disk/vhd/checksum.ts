/**
 * VHD's checksum over a structure: one's complement of the sum of its bytes, the checksum field itself counted as zero.
 * Source: VHD 1.0, "Checksum".
 */
export const vhdChecksum = (structure: Uint8Array, checksumAt: number): number => {
  let sum = 0;
  for (let at = 0; at < structure.length; at += 1) {
    if (at < checksumAt || at >= checksumAt + 4) sum += structure[at]!;
  }
  return ~sum >>> 0;
};
