import { readFileSync } from 'node:fs';
import type { Rectangle } from 'electron';
import { z } from 'zod';
import { writeFileAtomically } from '../platform/durable.ts';

const schema = z.object({
  /** Of the window when it is not maximized, in screen points. */
  bounds: z.object({ x: z.int(), y: z.int(), width: z.int().positive(), height: z.int().positive() }),
  maximized: z.boolean(),
});
export type WindowState = Readonly<z.infer<typeof schema>>;

export const smallestWindow = { width: 800, height: 500 } as const;
const usualSize = { width: 1280, height: 800 } as const;

/** So much of a window must be on a screen that somebody can take hold of it. */
const graspable = { width: 120, height: 60 } as const;

/** What was kept; null when nothing was, or nothing that can be used. */
export const readWindowState = (file: string): WindowState | null => {
  try {
    return schema.safeParse(JSON.parse(readFileSync(file, 'utf8'))).data ?? null;
  } catch {
    // Where a window stood is not worth a word: it opens where it opens.
    return null;
  }
};

export const writeWindowState = (file: string, state: WindowState): void =>
  writeFileAtomically(file, JSON.stringify(state));

const overlap = (aFrom: number, aLength: number, bFrom: number, bLength: number): number =>
  Math.min(aFrom + aLength, bFrom + bLength) - Math.max(aFrom, bFrom);

/**
 * Where to open the window: where it was, if enough of that is still on a screen, and no larger than that screen; else
 * in its usual size where the system likes. `workAreas` are those of the screens there are now.
 */
export const placeWindow = (
  state: WindowState | null,
  workAreas: readonly Rectangle[],
): Partial<Rectangle> & Pick<Rectangle, 'width' | 'height'> => {
  if (state === null) return usualSize;
  const { bounds } = state;
  const home = workAreas.find(
    ({ x, y, width, height }) =>
      overlap(bounds.x, bounds.width, x, width) >= graspable.width &&
      overlap(bounds.y, bounds.height, y, height) >= graspable.height &&
      // A title bar above the screen cannot be taken hold of.
      bounds.y >= y - graspable.height / 2,
  );
  if (home === undefined) return usualSize;
  return {
    x: bounds.x,
    y: bounds.y,
    width: Math.max(smallestWindow.width, Math.min(bounds.width, home.width)),
    height: Math.max(smallestWindow.height, Math.min(bounds.height, home.height)),
  };
};
