import type { BlockChange } from '../block/tracking-block.ts';
import { logCorrupt } from './log-error.ts';
import { FileWindow, LogFile } from './log-file.ts';
import type { LogExpectation, LogHeader } from './log-header.ts';
import type { CutMark } from './log-record.ts';
import { netChanges } from './net-changes.ts';
import { RecordChain } from './record-chain.ts';
import { requireCut } from './recover-tail.ts';
import { type LogSurvey, surveyLog } from './survey-log.ts';
import { headerWindowBytes, payloadWindowBytes, type WalkedRecord, walkRecords } from './walk-records.ts';

export type LogEntry =
  | {
      readonly kind: 'block';
      readonly change: BlockChange;
      /** The cut it belongs to. */
      readonly cut: number;
    }
  | { readonly kind: 'cut'; readonly mark: CutMark };

export type LogEntryHeader =
  | {
      readonly kind: 'block';
      readonly block: number;
      readonly pageMask: number;
      readonly payloadBytes: number;
      /** A view, valid until the next step. */
      readonly digest: Uint8Array;
      readonly cut: number;
      /** Where the record starts in the file. */
      readonly offset: number;
    }
  | { readonly kind: 'cut'; readonly mark: CutMark };

/**
 * Reads the records that count: those up to the last cut mark. What an interrupted pass left after it is never given
 * out. Memory is bounded whatever the log's size; generators are independent of each other. For one thread.
 */
export class LogReader {
  readonly path: string;
  readonly header: LogHeader;
  readonly #file: LogFile;
  readonly #survey: LogSurvey;

  /**
   * Opens a log and checks every record header; payloads are checked when they are read.
   * @throws ReplicationError `HRL_MISSING`, `HRL_READ_FAILED`, `HRL_CORRUPT`, `HRL_UNSUPPORTED`, `HRL_FOREIGN`
   */
  static open(path: string, expected: LogExpectation = {}): LogReader {
    const file = LogFile.open(path, 'r', expected);
    try {
      const survey = surveyLog(file);
      if (survey.damage !== null) throw logCorrupt(path, survey.damage.offset, survey.damage.reason);
      requireCut(file, survey.committed, expected.minimumCut ?? 0);
      return new LogReader(file, survey);
    } catch (error) {
      file.close();
      throw error;
    }
  }

  private constructor(file: LogFile, survey: LogSurvey) {
    this.path = file.path;
    this.header = file.header;
    this.#file = file;
    this.#survey = survey;
  }

  /** Every cut of the log, ascending. */
  cuts(): readonly CutMark[] {
    return this.#survey.cuts;
  }

  /** Size of the file when it was opened. */
  get sizeBytes(): number {
    return this.#file.sizeBytes;
  }

  /** Size of the file up to the end of the last cut mark. */
  get committedBytes(): number {
    return this.#survey.committed.offset;
  }

  /** Every record in order with its data, checksums verified. `change` is valid until the next step. */
  *entries(): Generator<LogEntry> {
    for (const { record, data, cut } of this.#walk(true)) {
      if (record.kind === 'cut') {
        yield { kind: 'cut', mark: record.mark };
        continue;
      }
      const { block, pageMask, digest } = record;
      yield { kind: 'block', change: { block, pageMask, data, digest }, cut };
    }
  }

  /** Every record in order without reading its data. */
  *headers(): Generator<LogEntryHeader> {
    for (const { record, cut, offset } of this.#walk(false)) {
      if (record.kind === 'cut') {
        yield { kind: 'cut', mark: record.mark };
        continue;
      }
      const { block, pageMask, payloadBytes, digest } = record;
      yield { kind: 'block', block, pageMask, payloadBytes, digest, cut, offset };
    }
  }

  /** Each logged block with its digest, in order, of the cuts after `afterCut`. `digest` is valid until the next step. */
  *committedDigests(afterCut = 0): Generator<{ readonly block: number; readonly digest: Uint8Array }> {
    for (const entry of this.headers()) {
      if (entry.kind === 'block' && entry.cut > afterCut) yield entry;
    }
  }

  /**
   * The changes without those that later ones of the same block cover; applied in order they lead to the last cut.
   * `data` and `digest` are valid until the next step.
   */
  netChanges(): Generator<BlockChange> {
    return netChanges(this.#file, this.#survey);
  }

  close(): void {
    this.#file.close();
  }

  *#walk(withPayload: boolean): Generator<WalkedRecord & { readonly cut: number }> {
    const { cuts, committed } = this.#survey;
    const chain = new RecordChain(this.header);
    const window = new FileWindow(this.#file, withPayload ? payloadWindowBytes : headerWindowBytes);
    const walk = walkRecords(this.#file, window, chain, committed.offset, () => withPayload);
    let passed = 0;
    let step = walk.next();
    for (; !step.done; step = walk.next()) {
      const { record, offset, data } = step.value;
      yield { record, offset, data, cut: cuts[passed]!.cut };
      if (record.kind === 'cut') passed += 1;
    }
    if (step.value !== null) throw logCorrupt(this.path, chain.offset, step.value);
  }
}
