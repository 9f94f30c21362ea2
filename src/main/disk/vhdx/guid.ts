import { asBuffer } from '../../block/digest.ts';

export const zeroGuid = '00000000-0000-0000-0000-000000000000';
export const guidBytes = 16;

/**
 * GUIDs lie on disk as Windows holds them in memory: the first three fields little-endian, the last eight bytes as
 * written. Text form is the lower-case UUID without braces.
 */
export const readGuid = (bytes: Uint8Array, at: number): string => {
  const view = asBuffer(bytes);
  const hex = (value: number, digits: number) => value.toString(16).padStart(digits, '0');
  return [
    hex(view.readUInt32LE(at), 8),
    hex(view.readUInt16LE(at + 4), 4),
    hex(view.readUInt16LE(at + 6), 4),
    view.toString('hex', at + 8, at + 10),
    view.toString('hex', at + 10, at + 16),
  ].join('-');
};

export const writeGuid = (guid: string, bytes: Uint8Array, at: number): void => {
  const view = asBuffer(bytes);
  const raw = Buffer.from(guid.replaceAll('-', ''), 'hex');
  view.writeUInt32LE(raw.readUInt32BE(0), at);
  view.writeUInt16LE(raw.readUInt16BE(4), at + 4);
  view.writeUInt16LE(raw.readUInt16BE(6), at + 6);
  raw.copy(view, at + 8, 8, 16);
};

const guidPattern = /^\{?([0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12})\}?$/i;

/** The lower-case UUID in a text with or without braces, or null when it is none. */
export const parseGuid = (text: string): string | null => guidPattern.exec(text)?.[1]?.toLowerCase() ?? null;
