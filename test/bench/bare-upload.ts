/**
 * `node bare-upload.ts sdk|node ENDPOINT IN-FLIGHT DISK`: the peer of the Azure benchmarks, in a process of its own: a bare
 * loop over the ranges of a disk that are not zeros, 64 KiB-aligned and at most 4 MiB, of the SDK's `uploadPages` or of
 * Node's own client. No digests, no checksums, no checkpoints, no catalogue. Prints seconds and CPU seconds as JSON.
 */
import { randomUUID } from 'node:crypto';
import { Agent, request } from 'node:https';
import { ContainerClient, type PageBlobClient } from '@azure/storage-blob';
import { isZero } from '../../src/main/block/digest.ts';
import { openVirtualDisk } from '../../src/main/disk/open-disk.ts';
import { developmentCredential } from './azure-site.ts';

const [client = '', endpoint = '', inFlight = '', path = ''] = process.argv.slice(2);
const unitBytes = 64 * 1024;
const mostBytes = 4 * 1024 * 1024;

const disk = openVirtualDisk(path);
const container = new ContainerClient(`${endpoint}/bare-${randomUUID()}`, developmentCredential);
await container.create();
const blob = container.getPageBlobClient('disk.vhd');
await blob.create(disk.sizeBytes + 512);

/** Reads on until a write is full; the next part that is not zeros begins the next one. */
function* writes(): Generator<{ offset: number; data: Buffer }> {
  for (const { offset: start, length } of disk.extents(0)) {
    for (let offset = start; offset < start + length; offset += mostBytes) {
      const data = Buffer.allocUnsafeSlow(Math.min(mostBytes, start + length - offset));
      disk.read(data, offset);
      let from = 0;
      for (let at = 0; at <= data.length; at += unitBytes) {
        const ends = at >= data.length || isZero(data.subarray(at, at + unitBytes));
        if (!ends) continue;
        if (at > from) yield { offset: offset + from, data: data.subarray(from, at) };
        from = at + unitBytes;
      }
    }
  }
}

const agent = new Agent({ keepAlive: true });
const url = new URL(blob.url);
const bare = (data: Buffer, offset: number): Promise<void> =>
  new Promise((resolve, reject) => {
    const headers = {
      'content-length': data.length,
      'x-ms-page-write': 'update',
      'x-ms-range': `bytes=${offset}-${offset + data.length - 1}`,
    };
    const { hostname, port, pathname } = url;
    const options = { method: 'PUT', hostname, port, path: `${pathname}?comp=page`, headers, agent };
    request(options, (answer) => answer.resume().once('end', resolve))
      .once('error', reject)
      .end(data);
  });
const bySdk = (to: PageBlobClient) => (data: Buffer, offset: number) =>
  to.uploadPages(data, offset, data.length);

const put = client === 'sdk' ? bySdk(blob) : bare;
const startedAt = performance.now();
const cpuBefore = process.cpuUsage();
const queue = writes();
await Promise.all(
  Array.from({ length: Number(inFlight) }, async () => {
    for (const { offset, data } of queue) await put(data, offset);
  }),
);
const { user, system } = process.cpuUsage(cpuBefore);
console.log(JSON.stringify({ seconds: (performance.now() - startedAt) / 1000, cpu: (user + system) / 1e6 }));
await container.delete();
agent.destroy();
