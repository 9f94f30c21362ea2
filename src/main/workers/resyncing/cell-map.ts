import { cellStates, mostMapCells, type ResyncMap } from '../../../contract/resync.ts';
import { blockCount } from '../../block/tracking-block.ts';

const pending = cellStates.indexOf('pending');
const same = cellStates.indexOf('same');
const different = cellStates.indexOf('different');
const sent = cellStates.indexOf('sent');
const cellsPerByte = 4;

/** The compact block map of a disk that is compared: a few kilobytes, however large the disk. */
export class CellMap {
  readonly blocksPerCell: number;
  readonly #cells: Uint8Array;

  /** @param earlier what an interrupted run had; taken over when it is of the same shape */
  constructor(sizeBytes: number, earlier: ResyncMap | null = null) {
    const blocks = blockCount(sizeBytes);
    this.blocksPerCell = Math.max(1, Math.ceil(blocks / mostMapCells));
    this.#cells = new Uint8Array(Math.max(1, Math.ceil(blocks / this.blocksPerCell)));
    if (earlier?.cells === this.#cells.length && earlier.blocksPerCell === this.blocksPerCell) {
      this.#cells.set(decodeCells(earlier));
    }
  }

  /** Blocks [first, first + count) were compared; those that differ are named by `differs` besides. */
  compared(first: number, count: number): void {
    const end = Math.ceil((first + count) / this.blocksPerCell);
    for (let cell = Math.floor(first / this.blocksPerCell); cell < end; cell += 1) {
      if (this.#cells[cell] === pending) this.#cells[cell] = same;
    }
  }

  differs(block: number): void {
    this.#cells[Math.floor(block / this.blocksPerCell)] = different;
  }

  /** The vault has everything that differed so far. */
  confirm(): void {
    for (let at = this.#cells.indexOf(different); at >= 0; at = this.#cells.indexOf(different, at)) {
      this.#cells[at] = sent;
    }
  }

  report(): ResyncMap {
    const bytes = Buffer.alloc(Math.ceil(this.#cells.length / cellsPerByte));
    for (const [cell, state] of this.#cells.entries()) {
      const at = Math.floor(cell / cellsPerByte);
      bytes[at] = bytes[at]! | (state << (2 * (cell % cellsPerByte)));
    }
    return {
      blocksPerCell: this.blocksPerCell,
      cells: this.#cells.length,
      states: bytes.toString('base64'),
    };
  }
}

/** The numbers of the cells' states, in `cellStates`. */
export const decodeCells = ({ cells, states }: ResyncMap): Uint8Array => {
  const bytes = Buffer.from(states, 'base64');
  return Uint8Array.from(
    { length: cells },
    (_, cell) => ((bytes[Math.floor(cell / cellsPerByte)] ?? 0) >> (2 * (cell % cellsPerByte))) & 3,
  );
};
