/** Fields that our own little-endian formats share. */

const uuidPattern = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/;

export const isUuid = (text: string): boolean => uuidPattern.test(text);

/** Whether `value` fits a u64 field without losing bits in a JavaScript number. */
export const isCount = (value: number): boolean => Number.isSafeInteger(value) && value >= 0;

export const writeU64 = (target: Buffer, value: number, at: number): void => {
  target.writeUInt32LE(value % 0x1_0000_0000, at);
  target.writeUInt32LE(Math.floor(value / 0x1_0000_0000), at + 4);
};

/** Exact up to 2^53; what is larger comes back rounded and fails `isCount`. */
export const readU64 = (source: Buffer, at: number): number =>
  source.readUInt32LE(at + 4) * 0x1_0000_0000 + source.readUInt32LE(at);

/** 16 bytes in the order of the text's digits (RFC 9562), not the mixed order of Windows GUIDs. */
export const writeUuid = (target: Buffer, uuid: string, at: number): void => {
  target.write(uuid.replaceAll('-', ''), at, 16, 'hex');
};

/** Lower case. */
export const readUuid = (source: Buffer, at: number): string => {
  const hex = source.toString('hex', at, at + 16);
  return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)].join('-');
};
