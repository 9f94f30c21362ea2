import type { ResyncDisk, ResyncDiskProgress } from '../../../contract/resync.ts';
import { blockCount } from '../../block/tracking-block.ts';
import type { Clock } from '../../platform/clock.ts';
import type { ComparisonFigures, PassProgress } from '../../workers/protocol.ts';
import { CellMap } from '../../workers/resyncing/cell-map.ts';
import { RateMeter } from '../reports/rate-meter.ts';

/** How far the comparison of one disk is, with windowed rates. */
export class ComparisonMeter {
  disk: ResyncDisk;
  private readonly sizeBytes: number;
  private compareMeter = new RateMeter();
  private readonly sendMeter = new RateMeter();
  private last: PassProgress | null = null;

  /** @param earlier what an interrupted run had, for as long as this one has nothing to say */
  constructor(
    {
      diskId,
      name,
      sizeBytes,
    }: { readonly diskId: string; readonly name: string; readonly sizeBytes: number },
    earlier: ResyncDisk | null,
  ) {
    this.sizeBytes = sizeBytes;
    const totalBlocks = blockCount(sizeBytes);
    this.disk = earlier ?? {
      id: diskId,
      name,
      state: 'waiting',
      totalBlocks,
      comparedBlocks: 0,
      differentBlocks: 0,
      sentBlocks: 0,
      toGoBlocks: totalBlocks,
      sentBytes: 0,
      savedBytes: 0,
      resumedAt: null,
      map: new CellMap(sizeBytes).report(),
    };
  }

  /** @param resumedAtBytes where the run went on, of which the pass may be a later part */
  note(pass: PassProgress, resumedAtBytes: number | null, clock: Clock): void {
    const { comparison, doneBytes, skippedBytes } = pass;
    if (comparison === undefined) return;
    // Each part counts its holes from its own beginning.
    if (this.last !== null && this.last.resumedAtBytes !== pass.resumedAtBytes)
      this.compareMeter = new RateMeter();
    this.last = pass;
    this.take('comparing', comparison, resumedAtBytes);
    const nowMs = clock.now();
    this.compareMeter.add(nowMs, doneBytes - skippedBytes);
    this.sendMeter.add(nowMs, comparison.sentBytes);
  }

  compared(figures: ComparisonFigures & { readonly resumedAtBytes: number | null }): void {
    this.last = null;
    this.take('compared', figures, figures.resumedAtBytes);
  }

  /** There was nothing to compare with. */
  copied(sentBytes: number): void {
    this.last = null;
    this.disk = { ...this.disk, state: 'copied', toGoBlocks: 0, sentBytes };
  }

  /** The replica cannot be compared: what was found so far means nothing. */
  giveUp(): void {
    const { id: diskId, name } = this.disk;
    this.last = null;
    this.disk = new ComparisonMeter({ diskId, name, sizeBytes: this.sizeBytes }, null).disk;
  }

  progress(): ResyncDiskProgress {
    return {
      ...this.disk,
      compareBytesPerSecond: this.last === null ? null : this.compareMeter.rate(),
      sendBytesPerSecond: this.last === null ? null : this.sendMeter.rate(),
      etaSeconds: this.last === null ? null : this.eta(this.last),
    };
  }

  /** What is left is taken to have as many holes as what is done. */
  private eta({ doneBytes, skippedBytes, resumedAtBytes, totalBytes }: PassProgress): number | null {
    const passed = doneBytes - (resumedAtBytes ?? 0);
    const density = passed <= 0 ? 1 : (passed - skippedBytes) / passed;
    return this.compareMeter.eta((totalBytes - doneBytes) * density);
  }

  private take(
    state: ResyncDisk['state'],
    { comparedBlocks, differentBlocks, sentBlocks, sentBytes, dataBytes, map }: ComparisonFigures,
    resumedAtBytes: number | null,
  ): void {
    this.disk = {
      ...this.disk,
      state,
      comparedBlocks,
      differentBlocks,
      sentBlocks,
      toGoBlocks: this.disk.totalBlocks - comparedBlocks,
      sentBytes,
      savedBytes: Math.max(0, dataBytes - sentBytes),
      resumedAt: resumedAtBytes === null ? null : resumedAtBytes / this.sizeBytes,
      map,
    };
  }
}
