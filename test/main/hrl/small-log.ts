import { LogWriter } from '../../../src/main/hrl/log-writer.ts';
import { ModelDisk, sampleHeader } from './log-samples.ts';

/** What a log holds at one of its ends: the disk after cut `cut`, whose mark ends at `endOffset`. */
export interface Milestone {
  readonly cut: number;
  readonly endOffset: number;
  readonly disk: ModelDisk;
}

export interface SmallLog {
  readonly milestones: readonly Milestone[];
  /** Where each record ends that follows the last cut mark. */
  readonly unfinishedEnds: readonly number[];
  readonly sizeBytes: number;
}

/** One short block, whose length is neither whole pages nor a multiple of 64. */
export const tinyDiskBytes = 700;

/** Writes a log of about 9 KiB with three cuts, and an unfinished pass where `unfinished` says so. */
export const writeSmallLog = (path: string, unfinished: boolean): SmallLog => {
  const disk = new ModelDisk(tinyDiskBytes);
  const writer = LogWriter.create(path, sampleHeader({ diskSizeBytes: tinyDiskBytes }));
  const milestones: Milestone[] = [{ cut: 4, endOffset: writer.bytes, disk: disk.clone() }];
  const cut = (number: number) => {
    writer.cut({ cut: number, takenAtMs: 1_000 * number, consistency: number === 6 ? 'fuzzy' : 'crash' });
    milestones.push({ cut: number, endOffset: writer.bytes, disk: disk.clone() });
  };
  writer.append(disk.change(0, 1, 1));
  writer.append(disk.change(0, 1, 2));
  cut(5);
  writer.append(disk.change(0, 1, 3));
  writer.append(disk.change(0, 0, 0));
  writer.append(disk.change(0, 0, 0));
  cut(6);
  writer.append(disk.change(0, 1, 4));
  cut(9);
  const unfinishedEnds: number[] = [];
  if (unfinished) {
    for (const fill of [5, 6]) {
      writer.append(disk.change(0, 1, fill));
      unfinishedEnds.push(writer.bytes);
    }
    writer.sync();
  }
  writer.close();
  return { milestones, unfinishedEnds, sizeBytes: unfinishedEnds.at(-1) ?? milestones.at(-1)!.endOffset };
};
