import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ChainDisk } from '../../../src/main/disk/chain-disk.ts';
import type { DiskLayer, Segment } from '../../../src/main/disk/virtual-disk.ts';

const grain = 16;

type Cell = 'file' | 'zero' | 'parent';

/** A layer in memory: cell i covers bytes [16 i, 16 i + 16) and is filled with its layer's own value. */
const layerOf = (cells: readonly Cell[], value: number, isRoot: boolean): DiskLayer & { reads: number } => ({
  path: `layer-${value}`,
  format: 'vhd',
  kind: isRoot ? 'dynamic' : 'differencing',
  sizeBytes: cells.length * grain,
  logicalSectorBytes: 512,
  physicalSectorBytes: 512,
  diskId: `id-${value}`,
  linkage: `id-${value}`,
  parent: isRoot ? null : { linkages: [], paths: [] },
  details: {},
  reads: 0,
  *segments(offset, length): Generator<Segment> {
    for (let at = offset; at < offset + length; ) {
      const cell = Math.floor(at / grain);
      const next = Math.min(offset + length, (cell + 1) * grain);
      const source = cells[cell]!;
      if (source === 'file') yield { source, offset: at, length: next - at, fileOffset: 1000 + at };
      else yield { source: isRoot ? 'zero' : source, offset: at, length: next - at };
      at = next;
    }
  },
  readFile(target) {
    this.reads += 1;
    target.fill(value);
  },
  close() {},
});

const cells = fc.array(fc.constantFrom<Cell>('file', 'zero', 'parent'), { minLength: 1, maxLength: 12 });
const chains = fc
  .array(cells, { minLength: 1, maxLength: 4 })
  .map((layers) => layers.map((layer, index) => ({ cells: layer, value: index + 1 })));

const expectedByte = (layers: readonly { cells: readonly Cell[]; value: number }[], at: number): number => {
  for (const { cells, value } of layers) {
    const cell = cells[Math.floor(at / grain)];
    if (cell === undefined || cell === 'zero') return 0;
    if (cell === 'file') return value;
  }
  return 0;
};

const diskOf = (layers: readonly { cells: readonly Cell[]; value: number }[]): ChainDisk =>
  new ChainDisk(layers.map(({ cells, value }, index) => layerOf(cells, value, index === layers.length - 1)));

describe('a chain of layers', () => {
  it('reads each byte from the first layer that holds it, zeros beyond a shorter parent', () => {
    fc.assert(
      fc.property(chains, fc.nat(), fc.nat(), (layers, a, b) => {
        const disk = diskOf(layers);
        const from = a % (disk.sizeBytes + 1);
        const length = b % (disk.sizeBytes - from + 1);
        const target = new Uint8Array(length).fill(0xdd);
        disk.read(target, from);
        expect([...target]).toEqual(Array.from({ length }, (_, index) => expectedByte(layers, from + index)));
      }),
    );
  });

  it('lists ascending, separate extents that cover exactly the bytes some layer holds', () => {
    fc.assert(
      fc.property(chains, fc.nat(), fc.nat(), (layers, a, b) => {
        const disk = diskOf(layers);
        const from = a % (disk.sizeBytes + 1);
        const to = from + (b % (disk.sizeBytes - from + 1));
        const covered = new Uint8Array(disk.sizeBytes);
        let before = -1;
        for (const { offset, length } of disk.extents(from, to)) {
          expect(length).toBeGreaterThan(0);
          expect(offset).toBeGreaterThan(before);
          covered.fill(1, offset, offset + length);
          before = offset + length;
        }
        for (let at = 0; at < disk.sizeBytes; at += 1) {
          const held = at >= from && at < to && expectedByte(layers, at) !== 0;
          expect(covered[at] === 1).toBe(held);
        }
      }),
    );
  });

  it('reads a run that goes on in the file with one call', () => {
    const layer = layerOf(['file', 'file', 'file', 'file'], 1, true);
    new ChainDisk([layer]).read(new Uint8Array(4 * grain), 0);
    expect(layer.reads).toBe(1);
  });

  it('is known by the id of its root and the size of its tip', () => {
    const disk = diskOf([
      { cells: ['file', 'parent'], value: 1 },
      { cells: ['file'], value: 2 },
    ]);
    expect(disk.identity).toEqual({ diskId: 'id-2', sizeBytes: 2 * grain, logicalSectorBytes: 512 });
    expect(disk.files).toEqual(['layer-1', 'layer-2']);
  });

  it('refuses a range that leaves the disk', () => {
    const disk = diskOf([{ cells: ['file'], value: 1 }]);
    expect(() => disk.read(new Uint8Array(2), grain - 1)).toThrow(
      expect.objectContaining({ code: 'INPUT_INVALID' }),
    );
    expect(() => disk.read(new Uint8Array(1), -1)).toThrow(
      expect.objectContaining({ code: 'INPUT_INVALID' }),
    );
  });

  it('cannot end in a disk that has a parent', () => {
    expect(() => new ChainDisk([layerOf(['file'], 1, false)])).toThrow(
      expect.objectContaining({ code: 'DISK_CHAIN_BROKEN' }),
    );
  });
});
