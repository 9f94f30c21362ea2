/**
 * A busy guest: writes at random into a disk file until told to stop, then closes it properly.
 * Arguments: path, seed. Any message on the IPC channel stops it.
 */
import { setTimeout as pause } from 'node:timers/promises';
import { openDynamicVhdWriter } from '../../src/main/disk/vhd/dynamic-vhd-writer.ts';
import { openVhdxWriter } from '../../src/main/disk/vhdx/vhdx-writer.ts';
import { randomBelow, randomFrom } from '../support/random.ts';

const [path = '', seed = '1'] = process.argv.slice(2);
const random = randomFrom(Number(seed));
const writer = path.endsWith('.vhd') ? openDynamicVhdWriter(path) : openVhdxWriter(path);
const stopping = new AbortController();

process.on('message', () => stopping.abort());
process.on('disconnect', () => stopping.abort());
process.send?.('ready');

const sectorBytes = 512;
const data = Buffer.alloc(16 * 1024);
// A guest's writes cluster: most of the disk stands still, which keeps the log below half of the disk's size.
const hotShare = 0.2;

const writeSomething = (): void => {
  const length = sectorBytes * (1 + randomBelow(random, data.length / sectorBytes));
  const offset = sectorBytes * randomBelow(random, (writer.sizeBytes * hotShare - length) / sectorBytes);
  if (random() < 0.1) {
    writer.zero(offset, length);
    return;
  }
  const piece = data.subarray(0, length);
  for (let at = 0; at < length; at += 4) piece.writeUInt32LE(randomBelow(random, 2 ** 32), at);
  writer.write(piece, offset);
};

// A guest writes in bursts with moments of rest between them; the rest is part of the workload.
while (!stopping.signal.aborted) {
  for (let count = randomBelow(random, 6); count > 0; count -= 1) writeSomething();
  await writer.flush();
  await pause(randomBelow(random, 120));
}
await writer.close();
if (process.connected) process.disconnect();
