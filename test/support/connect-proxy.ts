import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server } from 'node:http';
import { type AddressInfo, connect, type Socket } from 'node:net';
import type { Duplex } from 'node:stream';

/** A proxy for https on loopback that opens tunnels, and notes for what. */
export class ConnectProxy {
  /** `host:port` of each tunnel that was asked for. */
  readonly asked: string[] = [];
  /** What it answers instead of opening a tunnel, as `403 Forbidden`; nothing at all when it is `silence`. */
  refusal: string | null = null;
  /** `name:password` that it wants to hear. */
  credentials: string | null = null;
  readonly #server: Server;
  readonly #sockets = new Set<Duplex>();

  private constructor() {
    // Whatever is not a tunnel does not belong here.
    this.#server = createServer(({ url }, answer) => {
      this.asked.push(url ?? '');
      answer.writeHead(405).end();
    });
    this.#server.on('connect', (request, socket) => this.#open(request, socket));
  }

  static async start(): Promise<ConnectProxy> {
    const proxy = new ConnectProxy();
    proxy.#server.listen(0, '127.0.0.1');
    await once(proxy.#server, 'listening');
    return proxy;
  }

  get origin(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  /** Breaks every connection that goes through it. */
  dropTunnels(): void {
    for (const socket of this.#sockets) socket.destroy();
  }

  async stop(): Promise<void> {
    this.#server.closeAllConnections();
    this.dropTunnels();
    this.#server.close();
    await once(this.#server, 'close');
  }

  #open({ url = '', headers }: IncomingMessage, socket: Duplex): void {
    this.#keep(socket);
    this.asked.push(url);
    const refusal = this.refusal ?? (this.#knows(headers['proxy-authorization']) ? null : '407 Who is this');
    if (refusal === 'silence') return;
    if (refusal !== null) {
      socket.end(`HTTP/1.1 ${refusal}\r\n\r\n`);
      return;
    }
    const { hostname, port } = new URL(`http://${url}`);
    const onward: Socket = connect(Number(port), hostname, () => {
      socket.write('HTTP/1.1 200 Connection established\r\n\r\n');
      onward.pipe(socket).pipe(onward);
    });
    this.#keep(onward);
  }

  #knows(header: string | undefined): boolean {
    if (this.credentials === null) return true;
    return header === `Basic ${Buffer.from(this.credentials).toString('base64')}`;
  }

  #keep(socket: Duplex): void {
    this.#sockets.add(socket);
    socket.on('error', () => socket.destroy());
    socket.once('close', () => this.#sockets.delete(socket));
  }
}
