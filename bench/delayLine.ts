import { connect, createServer, type AddressInfo, type Socket } from 'node:net';

/**
 * Lies between a client and a server of 127.0.0.1 as a long line would: every byte arrives half a round trip later, and a new
 * connection carries its first byte when a TCP handshake over the line would be over. It has no limit of bytes a second.
 */
export class DelayLine {
  /** Bytes that the server said. */
  received = 0;
  private readonly sockets = new Set<Socket>();

  private constructor(
    private readonly server: ReturnType<typeof createServer>,
    /** Milliseconds there and back; may be changed at any time. */
    public rttMs: number,
  ) {}

  static async before(port: number, rttMs: number): Promise<DelayLine> {
    const server = createServer({ allowHalfOpen: true });
    const line = new DelayLine(server, rttMs);
    server.on('connection', (client) => line.serve(client, port));
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    return line;
  }

  get port(): number {
    return (this.server.address() as AddressInfo).port;
  }

  async close(): Promise<void> {
    for (const socket of this.sockets) socket.destroy();
    await new Promise((resolve) => this.server.close(resolve));
  }

  private serve(client: Socket, port: number): void {
    client.setNoDelay(true);
    // The client believes at once that it is connected: the SYN, its answer and the first half of a round trip are still under way.
    const openAt = performance.now() + 1.5 * this.rttMs;
    const arrival = (): number => Math.max(openAt, performance.now() + this.rttMs / 2);
    const upstream = new Promise<Socket>((resolve) => {
      later(openAt, () => resolve(connect({ host: '127.0.0.1', port, noDelay: true, allowHalfOpen: true })));
    });
    this.keep(client, () => void upstream.then((server) => server.destroy()));
    const toServer = new Lane((data) => void upstream.then((server) => pass(server, data)));
    client.on('data', (data) => toServer.put(data, arrival()));
    client.on('end', () => toServer.put(undefined, arrival()));
    void upstream.then((server) => {
      this.keep(server, () => client.destroy());
      const toClient = new Lane((data) => pass(client, data));
      server.on('data', (data) => {
        this.received += data.length;
        toClient.put(data, arrival());
      });
      server.on('end', () => toClient.put(undefined, arrival()));
    });
  }

  /** @param lost told when the connection breaks, rather than ends */
  private keep(socket: Socket, lost: () => void): void {
    this.sockets.add(socket);
    socket.on('error', lost);
    socket.on('close', () => this.sockets.delete(socket));
  }
}

/** @param data undefined: the end */
function pass(socket: Socket, data: Buffer | undefined): void {
  if (socket.destroyed || socket.writableEnded) return;
  if (data === undefined) socket.end();
  else socket.write(data);
}

/** One direction: what is put in comes out in the same order, each thing at its time. */
class Lane {
  private readonly waiting: { readonly data: Buffer | undefined; readonly dueAt: number }[] = [];
  private isTimed = false;

  constructor(private readonly out: (data: Buffer | undefined) => void) {}

  /** @param data undefined: the end */
  put(data: Buffer | undefined, dueAt: number): void {
    this.waiting.push({ data, dueAt });
    this.next();
  }

  private next(): void {
    const [first] = this.waiting;
    if (this.isTimed || first === undefined) return;
    this.isTimed = true;
    later(first.dueAt, () => {
      this.isTimed = false;
      const now = performance.now();
      for (let one = this.waiting[0]; one !== undefined && one.dueAt <= now; one = this.waiting[0]) {
        this.waiting.shift();
        this.out(one.data);
      }
      this.next();
    });
  }
}

/** Calls back at a time of `performance.now()`, never before it; at once when it is over. */
function later(at: number, then: () => void): void {
  const ms = at - performance.now();
  if (ms <= 0) then();
  else setTimeout(() => later(at, then), ms);
}
