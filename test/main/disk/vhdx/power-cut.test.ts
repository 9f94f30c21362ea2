import { describe, expect, it } from 'vitest';
import { openVhdxLayer } from '../../../../src/main/disk/vhdx/vhdx-layer.ts';
import {
  createVhdxWriter,
  openVhdxWriter,
  type VhdxWriter,
} from '../../../../src/main/disk/vhdx/vhdx-writer.ts';
import { MemorySource, PowerCutFile } from '../../../support/power-cut-file.ts';
import { randomBelow, randomFrom } from '../../../support/random.ts';
import { useTemporaryFolder } from '../../../support/temporary-folder.ts';

const mib = 1024 * 1024;
const sectorBytes = 512;
const sizeBytes = 6 * mib + 3 * sectorBytes;
const sectorCount = sizeBytes / sectorBytes;
const sectorsPerBlock = mib / sectorBytes;
/** Headers, log, metadata and BAT come before it in a file that we made. */
const tablesEnd = 4 * mib;
/** What the parent holds in every sector: no write uses this number. */
const parentId = 0xfffffff;

const temporary = useTemporaryFolder();

interface Step {
  readonly first: number;
  readonly count: number;
  readonly id: number;
}

/** A moment at which the disk was known: what every sector held, and how many operations and steps had been made. */
interface Known {
  readonly ids: Uint32Array;
  readonly afterOperation: number;
  readonly afterStep: number;
}

interface Story {
  readonly file: PowerCutFile;
  readonly steps: readonly (Step & { readonly atOperation: number })[];
  readonly flushes: readonly Known[];
  readonly final: Uint32Array;
}

const fillWith = (id: number, count: number): Buffer => {
  const data = Buffer.alloc(count * sectorBytes);
  new Uint32Array(data.buffer, data.byteOffset, data.length / 4).fill(id);
  return data;
};

/** Writes, zeroes and flushes at random; some writes are made while a flush is under way. */
const tell = async (
  file: PowerCutFile,
  writer: VhdxWriter,
  start: Uint32Array,
  random: () => number,
): Promise<Story> => {
  const ids = Uint32Array.from(start);
  const steps: (Step & { atOperation: number })[] = [];
  const flushes: Known[] = [
    { ids: Uint32Array.from(ids), afterOperation: file.operations.length, afterStep: 0 },
  ];
  const change = () => {
    const isWhole = random() < 0.3;
    const block = randomBelow(random, Math.ceil(sectorCount / sectorsPerBlock));
    const first = isWhole ? block * sectorsPerBlock : randomBelow(random, sectorCount);
    const limit = isWhole ? sectorsPerBlock : 1 + randomBelow(random, random() < 0.2 ? 3000 : 40);
    const count = Math.min(limit, sectorCount - first);
    const id = random() < 0.35 ? 0 : steps.length + 1;
    steps.push({ first, count, id, atOperation: file.operations.length });
    if (id === 0) writer.zero(first * sectorBytes, count * sectorBytes);
    else writer.write(fillWith(id, count), first * sectorBytes);
    ids.fill(id, first, first + count);
  };
  for (let round = 0; round < 6; round += 1) {
    for (let index = randomBelow(random, 5); index > 0; index -= 1) change();
    const known = { ids: Uint32Array.from(ids), afterStep: steps.length };
    const flushed = writer.flush();
    while (random() < 0.5) {
      await new Promise((resolve) => setImmediate(resolve));
      change();
    }
    await flushed;
    flushes.push({ ...known, afterOperation: file.operations.length });
  }
  if (random() < 0.5) change();
  return { file, steps, flushes, final: ids };
};

/** First word of every sector, as a reader sees the disk; a sector that is torn within has no single number. */
const idsOn = (image: Buffer): Uint32Array => {
  const layer = openVhdxLayer(new MemorySource(image));
  const disk = Buffer.alloc(sizeBytes);
  const words = new Uint32Array(disk.buffer, disk.byteOffset, disk.length / 4);
  for (const { source, offset, length, ...where } of layer.segments(0, sizeBytes)) {
    if (source === 'parent') words.fill(parentId, offset / 4, (offset + length) / 4);
    else if ('fileOffset' in where) layer.readFile(disk.subarray(offset, offset + length), where.fileOffset);
  }
  const wordsPerSector = sectorBytes / 4;
  return Uint32Array.from({ length: sectorCount }, (_, sector) => {
    const id = words[sector * wordsPerSector]!;
    const end = words[(sector + 1) * wordsPerSector - 1];
    if (id !== end) throw new Error(`sector ${sector} is torn`);
    return id;
  });
};

/** The power fails after `count` operations: the file must open and hold, sector by sector, what it may hold. */
const checkCut = (story: Story, count: number, random: () => number): Buffer => {
  const likelihood = random();
  // The worst of all orders, every third time: the tables arrive and nothing else does.
  const isWorst = random() < 0.33;
  const image = story.file.contentAfter(count, (offset) =>
    isWorst ? offset >= 0 && offset < tablesEnd : random() < likelihood,
  );
  const found = idsOn(image);
  const known = story.flushes.findLast((flush) => flush.afterOperation <= count)!;
  const later = story.steps.slice(known.afterStep).filter((step) => step.atOperation <= count);
  for (let sector = 0; sector < sectorCount; sector += 1) {
    const id = found[sector]!;
    if (id === known.ids[sector]) continue;
    const isNew = later.some(
      (step) => step.id === id && sector >= step.first && sector < step.first + step.count,
    );
    if (!isNew) throw new Error(`sector ${sector} holds ${id}, not ${known.ids[sector]} nor anything newer`);
  }
  return image;
};

describe('a VHDX being written when the power fails', () => {
  const kinds = [
    { name: 'dynamic', parent: undefined, base: 0 },
    {
      name: 'differencing',
      parent: {
        linkage: '8d6b7b0c-6c0c-4b7e-9a0f-0123456789ab',
        relativePath: './parent.vhdx',
        absolutePath: '/vm/parent.vhdx',
      },
      base: parentId,
    },
  ] as const;

  for (const { name, parent, base } of kinds) {
    for (const maxChangedPages of [undefined, 1]) {
      const limit = maxChangedPages === undefined ? 'flushed when asked' : 'flushed by force at every change';
      it(`opens and holds what was flushed, ${name}, ${limit}, whatever was lost`, async () => {
        for (let seed = 1; seed <= 6; seed += 1) {
          const random = randomFrom(seed);
          const path = temporary(`${seed}-${limit.length}.vhdx`);
          let file = new PowerCutFile(path);
          let story = await tell(
            file,
            createVhdxWriter(
              path,
              { sizeBytes, blockBytes: mib, ...(parent === undefined ? {} : { parent }) },
              { open: () => file, maxChangedPages },
            ),
            new Uint32Array(sectorCount).fill(base),
            random,
          );
          // Twice over: what a power cut left is opened, written on, and cut again.
          for (let life = 0; life < 2; life += 1) {
            const first = story.flushes[0]!.afterOperation;
            const span = file.operations.length - first;
            let image: Buffer = Buffer.alloc(0);
            for (let cut = 0; cut < 6; cut += 1)
              image = checkCut(story, first + randomBelow(random, span + 1), random);
            const left = idsOn(image);
            const next = new PowerCutFile(path, image);
            file = next;
            const writer = openVhdxWriter(path, { open: () => next, maxChangedPages });
            story = await tell(next, writer, left, random);
            await writer.close();
            expect(idsOn(next.contentAfter(next.operations.length, () => true))).toEqual(story.final);
          }
        }
      });
    }
  }

  it('would notice a BAT written before its data', async () => {
    const random = randomFrom(7);
    const path = temporary('unsafe.vhdx');
    const file = new PowerCutFile(path);
    const writer = createVhdxWriter(path, { sizeBytes, blockBytes: mib }, { open: () => file });
    const story = await tell(file, writer, new Uint32Array(sectorCount), random);
    // The same story without the barriers: some cut must show it.
    const unsafe = { ...story, file: withoutBarriers(file, story.flushes[0]!.afterOperation) };
    const cuts = Array.from({ length: 60 }, () => () => {
      checkCut(unsafe, randomBelow(random, file.operations.length + 1), random);
    });
    expect(cuts.some((cut) => throws(cut))).toBe(true);
  });
});

const withoutBarriers = (file: PowerCutFile, from: number): PowerCutFile => {
  const copy = new PowerCutFile(file.path);
  copy.operations.length = 0;
  copy.operations.push(
    ...file.operations.map((step, index) =>
      step.kind === 'barrier' && index >= from ? { kind: 'barrier' as const, covers: 0 } : step,
    ),
  );
  return copy;
};

const throws = (act: () => void): boolean => {
  try {
    act();
    return false;
  } catch {
    return true;
  }
};
