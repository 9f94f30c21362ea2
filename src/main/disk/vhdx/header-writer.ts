import type { DiskFile } from './disk-file.ts';
import { headerOffsets } from './vhdx-format.ts';
import { type CurrentHeader, encodeHeader, type VhdxHeader } from './vhdx-header.ts';

/**
 * Changes the header durably: the copy that does not count is overwritten with the next sequence number, and then the
 * other one, so that a torn write always leaves one that is whole and both say the same in the end.
 */
export const updateHeader = (
  file: DiskFile,
  current: CurrentHeader,
  changes: Partial<Pick<VhdxHeader, 'fileWriteGuid' | 'dataWriteGuid' | 'logGuid'>>,
): CurrentHeader => {
  let { header, slot } = current;
  for (let copy = 0; copy < headerOffsets.length; copy += 1) {
    slot = slot === 0 ? 1 : 0;
    header = { ...header, ...changes, sequence: header.sequence + 1n };
    file.write(encodeHeader(header), headerOffsets[slot]);
    file.syncNow();
  }
  return { header, slot };
};
