/** What the service says about page blobs (Put Page, "Scalability targets for Blob storage"). */

export const sectorBytes = 512;
/** Largest single write. The emulator takes more. */
export const mostWriteBytes = 4 * 1024 * 1024;
export const mostBlobBytes = 8 * 1024 ** 4;
export const mebibyte = 1024 * 1024;

/** Bytes of a fixed VHD's data for a disk of `sizeBytes`: whole MiB, as Azure's managed disks want it. */
export const vhdDataBytes = (sizeBytes: number): number =>
  Math.max(1, Math.ceil(sizeBytes / mebibyte)) * mebibyte;

/** Requests of one disk in flight. A page blob does 500 requests and 60 MiB a second: more than this gains nothing. */
export const defaultThreads = 4;
export const mostThreads = 32;

/** What all requests of one disk in flight have in memory at most: TLS holds as much again. */
const mostInFlightBytes = 16 * mebibyte;

/** Bytes of one write with `threads` in flight: with more of them it is smaller, so that memory does not grow. */
export const writeBytesFor = (threads: number): number =>
  Math.min(mostWriteBytes, 2 ** Math.floor(Math.log2(mostInFlightBytes / threads)));
