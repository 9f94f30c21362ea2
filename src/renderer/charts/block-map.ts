import { type CellState, cellStates, type ResyncMap } from '../../contract/resync.ts';

/** The state of each cell: two bits a cell, the first in the lowest bits. A map that is too short has pending cells. */
export const decodeMap = ({ cells, states }: ResyncMap): readonly CellState[] => {
  const bytes = atob(states);
  return Array.from({ length: cells }, (_, cell) => {
    const byte = bytes.charCodeAt(cell >> 2) || 0;
    return cellStates[(byte >> ((cell & 3) * 2)) & 3] ?? 'pending';
  });
};

/** Cells side by side: wide enough for the whole disk to be seen at once. */
export const columnsFor = (cells: number): number => (cells > 1024 ? 128 : cells > 256 ? 64 : 32);

/** A cell's side in units of the drawing, and the gap that keeps it from its neighbours. */
const side = 10;
const gap = 2;

/** What each state looks like besides its colour: a dot, a small square, a full one with a hole, a full one. */
const shapes: Readonly<Record<CellState, (x: number, y: number) => string>> = {
  pending: (x, y) => `M${x + 3} ${y + 3}h2v2h-2z`,
  same: (x, y) => `M${x + 1} ${y + 1}h6v6h-6z`,
  different: (x, y) => `M${x} ${y}h8v8h-8zM${x + 3} ${y + 3}v2h2v-2z`,
  sent: (x, y) => `M${x} ${y}h8v8h-8z`,
};

/** One drawing a state for all cells in it; a drawing of thousands of elements would be slow to change. */
export const mapPaths = (
  states: readonly CellState[],
  columns: number,
): Readonly<Record<CellState, string>> => {
  const parts: Record<CellState, string[]> = { pending: [], same: [], different: [], sent: [] };
  states.forEach((state, cell) => {
    const x = (cell % columns) * side + gap / 2;
    const y = Math.floor(cell / columns) * side + gap / 2;
    parts[state].push(shapes[state](x, y));
  });
  return {
    pending: parts.pending.join(''),
    same: parts.same.join(''),
    different: parts.different.join(''),
    sent: parts.sent.join(''),
  };
};

/** The drawing's own width and height for so many cells. */
export const mapSize = (
  cells: number,
  columns: number,
): { readonly width: number; readonly height: number } => ({
  width: columns * side,
  height: Math.ceil(cells / columns) * side,
});
