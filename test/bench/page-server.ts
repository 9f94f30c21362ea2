/**
 * `node page-server.ts KEY CERTIFICATE AZURITE-PORT accept|pass`: an https server before the emulator, in a process of its
 * own. It counts the writes of replicas' pages; with `accept` it answers those of 64 KiB and more itself, and they go
 * nowhere. `GET /counts` tells, and starts again. Prints its port.
 */
import { readFileSync } from 'node:fs';
import { Agent, type IncomingMessage, request, type ServerResponse } from 'node:http';
import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';

const [key = '', certificate = '', port = '', mode = ''] = process.argv.slice(2);
const agent = new Agent({ keepAlive: true });
const leastAccepted = 64 * 1024;
let counts = { requests: 0, bytes: 0, clears: 0 };

const accept = (incoming: IncomingMessage, answer: ServerResponse): void => {
  incoming.resume();
  incoming.once('end', () => {
    answer.writeHead(201, { etag: '"0x1"', 'x-ms-version': '2023-11-03', 'content-length': 0 }).end();
  });
};

const pass = (incoming: IncomingMessage, answer: ServerResponse): void => {
  const { method = 'GET', url = '/', headers } = incoming;
  const forwarded = request({ host: '127.0.0.1', port, method, path: url, headers, agent }, (reply) => {
    answer.writeHead(reply.statusCode ?? 500, reply.rawHeaders);
    reply.pipe(answer);
  });
  forwarded.once('error', () => incoming.socket.destroy());
  incoming.pipe(forwarded);
};

const server = createServer(
  { key: readFileSync(key), cert: readFileSync(certificate) },
  (incoming, answer) => {
    const { url = '', headers } = incoming;
    if (url === '/counts') {
      answer.end(JSON.stringify(counts));
      counts = { requests: 0, bytes: 0, clears: 0 };
      return;
    }
    const isPages = url.includes('comp=page') && !url.includes('comp=pagelist') && url.includes('.vhd');
    const bytes = Number(headers['content-length'] ?? 0);
    if (isPages && headers['x-ms-page-write'] === 'clear') counts.clears += 1;
    else if (isPages) {
      counts.requests += 1;
      counts.bytes += bytes;
    }
    if (mode === 'accept' && isPages && bytes >= leastAccepted) accept(incoming, answer);
    else pass(incoming, answer);
  },
);
server.listen(0, '127.0.0.1', () => console.log((server.address() as AddressInfo).port));
