/** The cylinder-head-sector geometry of an ATA disk, as the footer stores it. */
export interface Geometry {
  readonly cylinders: number;
  readonly heads: number;
  readonly sectorsPerTrack: number;
}

/** The geometry stops growing here, at about 127 GiB, whatever the disk's size. */
const mostSectors = 65_535 * 16 * 255;

/**
 * The geometry that VHD 1.0 ("CHS Calculation") prescribes for a size. It rounds down, which is the trap: a reader that
 * takes the size from the geometry sees a shorter disk. Here the *current size* field alone decides.
 */
export const geometryFor = (sizeBytes: number): Geometry => {
  const sectors = Math.min(Math.floor(sizeBytes / 512), mostSectors);
  if (sectors >= 65_535 * 16 * 63) {
    return { cylinders: Math.floor(sectors / 255 / 16), heads: 16, sectorsPerTrack: 255 };
  }
  const tracksOf17 = Math.floor(sectors / 17);
  const heads = Math.max(4, Math.floor((tracksOf17 + 1023) / 1024));
  if (tracksOf17 < heads * 1024 && heads <= 16) {
    return { cylinders: Math.floor(tracksOf17 / heads), heads, sectorsPerTrack: 17 };
  }
  const tracksOf31 = Math.floor(sectors / 31);
  if (tracksOf31 < 16 * 1024)
    return { cylinders: Math.floor(tracksOf31 / 16), heads: 16, sectorsPerTrack: 31 };
  return { cylinders: Math.floor(sectors / 63 / 16), heads: 16, sectorsPerTrack: 63 };
};
