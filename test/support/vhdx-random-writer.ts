import { appendFileSync } from 'node:fs';
import { createVhdxWriter, openVhdxWriter } from '../../src/main/disk/vhdx/vhdx-writer.ts';
import { randomBelow, randomFrom } from './random.ts';

/**
 * Run as a process of its own, to be killed: writes at random into a VHDX of 16 MiB until the end. Every change is noted in
 * a journal before it is made, every flush after it has ended, one JSON line each.
 *
 * Arguments: the disk, the journal, the seed, the number of the first change.
 */
const [path, journal, seed, firstId] = process.argv.slice(2) as [string, string, string, string];
const mib = 1024 * 1024;
const sectorBytes = 512;
const sizeBytes = 16 * mib;
const random = randomFrom(Number(seed));
let id = Number(firstId);
const note = (line: object) => appendFileSync(journal, `${JSON.stringify(line)}\n`);

const writer = id === 1 ? createVhdxWriter(path, { sizeBytes, blockBytes: mib }) : openVhdxWriter(path);
note({ open: true });
for (;;) {
  const first = randomBelow(random, sizeBytes / sectorBytes);
  const count = Math.min(1 + randomBelow(random, 5000), sizeBytes / sectorBytes - first);
  const isZero = random() < 0.3;
  note({ first, count, id: isZero ? 0 : id });
  if (isZero) writer.zero(first * sectorBytes, count * sectorBytes);
  else {
    const data = Buffer.alloc(count * sectorBytes);
    new Uint32Array(data.buffer, data.byteOffset, data.length / 4).fill(id);
    writer.write(data, first * sectorBytes);
  }
  id += 1;
  if (random() < 0.2) {
    const upTo = id;
    await writer.flush();
    note({ flushedBefore: upTo });
  }
}
