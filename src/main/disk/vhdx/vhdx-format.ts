/**
 * VHDX on disk ([MS-VHDX]), little-endian throughout:
 *
 * ```
 * 0        64 K     128 K    192 K      256 K      1 M                    (everything from here on in whole MiB)
 * ┌────────┬────────┬────────┬──────────┬──────────┬─────┬─────┬──────────┬─────┬─────────┬─────────┬─ ─
 * │file id │header 1│header 2│region    │region    │ ... │ log │ metadata │ BAT │ payload │ sector  │
 * │vhdxfile│head    │head    │table regi│table regi│     │loge │ metadata │     │ block   │ bitmap  │
 * └────────┴────────┴────────┴──────────┴──────────┴─────┴─────┴──────────┴─────┴─────────┴─────────┴─ ─
 * ```
 *
 * The header with the higher sequence number counts. It names the log; the region table names metadata and BAT; the BAT
 * names the payload blocks and, in a differencing disk, the bitmap blocks that say which sectors are here.
 */
export const kib = 1024;
export const mib = 1024 * 1024;
export const tib = 1024 * 1024 * mib;

export const fileSignature = 'vhdxfile';
export const headerOffsets = [64 * kib, 128 * kib] as const;
export const headerBytes = 4 * kib;
export const regionTableOffsets = [192 * kib, 256 * kib] as const;
export const regionTableBytes = 64 * kib;
export const headerSectionBytes = mib;

export const maxDiskBytes = 64 * tib;
/** No honest file is longer: 64 TiB of payload, at most 0.5 GiB of BAT, bitmap blocks, log and metadata. */
export const maxFileBytes = 66 * tib;
export const minBlockBytes = mib;
export const maxBlockBytes = 256 * mib;
export const bitmapBlockBytes = mib;

export const regionGuids = {
  bat: '2dc27766-f623-4200-9d64-115e9bfd4a08',
  metadata: '8b7ca206-4790-4b9a-b8fe-575f050f886e',
} as const;

export const metadataGuids = {
  fileParameters: 'caa16737-fa36-4d43-b3b6-33f0aa44e76b',
  virtualDiskSize: '2fa54224-cd1b-4876-b211-5dbed83bf4b8',
  virtualDiskId: 'beca12ab-b2e6-4523-93ef-c309e000c746',
  logicalSectorSize: '8141bf1d-a96f-4709-ba47-f233a8faab5f',
  physicalSectorSize: 'cda348c7-445d-4471-9cc9-e9885251c556',
  parentLocator: 'a8d35f2d-b30b-454d-abf7-d3d84834ab0c',
} as const;

/** The only parent locator type the specification defines: a parent that is a VHDX file. */
export const vhdxLocatorType = 'b04aefb7-d19e-4a81-b789-25b8e9445913';

/** States of a payload entry of the BAT; 5 is *unmapped* as written by early (0.95) implementations, 4 is reserved. */
export const payloadState = {
  notPresent: 0,
  undefined: 1,
  zero: 2,
  unmapped: 3,
  unmappedEarly: 5,
  fullyPresent: 6,
  partiallyPresent: 7,
} as const;

/** States of a sector bitmap entry of the BAT. */
export const bitmapState = { notPresent: 0, present: 6 } as const;
