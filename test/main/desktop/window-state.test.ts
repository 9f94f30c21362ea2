import { writeFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { placeWindow, readWindowState, writeWindowState } from '../../../src/main/desktop/window-state.ts';
import { temporaryFolder } from '../../support/temporary-folder.ts';

const folder = temporaryFolder();
const left = { x: 0, y: 0, width: 1920, height: 1040 };
const right = { x: 1920, y: -200, width: 2560, height: 1400 };
const state = (x: number, y: number, width = 1000, height = 700) => ({
  bounds: { x, y, width, height },
  maximized: false,
});

describe('the place of the window', () => {
  it.each([
    ['where it was', state(100, 50), { x: 100, y: 50, width: 1000, height: 700 }],
    ['on the second screen', state(2000, -150), { x: 2000, y: -150, width: 1000, height: 700 }],
    ['half beside the screens', state(-700, 50), { x: -700, y: 50, width: 1000, height: 700 }],
    ['no larger than its screen', state(10, 10, 9000, 9000), { x: 10, y: 10, width: 1920, height: 1040 }],
    ['no smaller than is of use', state(10, 10, 200, 100), { x: 10, y: 10, width: 800, height: 500 }],
    ['in its usual size when its screen is gone', state(6000, 50), { width: 1280, height: 800 }],
    ['in its usual size when only an edge would show', state(-950, 50), { width: 1280, height: 800 }],
    ['in its usual size when its title bar is out of reach', state(100, -400), { width: 1280, height: 800 }],
    ['in its usual size when nothing is known', null, { width: 1280, height: 800 }],
  ])('is %s', (_what, kept, expected) => {
    expect(placeWindow(kept, [left, right])).toEqual(expected);
  });

  it('is kept in a file, and forgotten when that cannot be read', () => {
    const file = folder('window.json');
    expect(readWindowState(file)).toBeNull();
    writeWindowState(file, state(1, 2));
    expect(readWindowState(file)).toEqual(state(1, 2));
    for (const broken of ['', '{', '{"bounds":{"x":"1"}}', '[]']) {
      writeFileSync(file, broken);
      expect(readWindowState(file)).toBeNull();
    }
  });
});
