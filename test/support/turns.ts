import { connect, createServer, type AddressInfo, type Socket } from 'node:net';

/** How long both sides must be silent before what was said crosses, in milliseconds. */
const SILENCE_MS = 25;

/**
 * Lies between a client and a server and lets what they say cross only when both have fallen silent, so that everything a
 * client says without waiting crosses at once. Counts the crossings: the round trips that a client makes one after the
 * other, whatever the time of each is. A client that is held up by other work counts too many, never too few.
 */
export class Turns {
  /** Round trips so far, the opening of connections included. */
  count = 0;
  /** Bytes that the server said. */
  received = 0;
  private readonly waiting: { readonly to: Socket; readonly data: Buffer; readonly isClients: boolean }[] = [];
  private readonly sockets = new Set<Socket>();
  private timer: NodeJS.Timeout | undefined;

  private constructor(private readonly server: ReturnType<typeof createServer>) {}

  static async before(host: string, port: number): Promise<Turns> {
    const server = createServer();
    const turns = new Turns(server);
    server.on('connection', (client) => turns.serve(client, connect({ host, port, noDelay: true })));
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    return turns;
  }

  get port(): number {
    return (this.server.address() as AddressInfo).port;
  }

  async stop(): Promise<void> {
    clearTimeout(this.timer);
    for (const socket of this.sockets) socket.destroy();
    await new Promise((resolve) => this.server.close(resolve));
  }

  private serve(client: Socket, upstream: Socket): void {
    client.setNoDelay(true);
    this.count += 1;
    for (const [from, to] of [
      [client, upstream],
      [upstream, client],
    ] as const) {
      this.sockets.add(from);
      from.on('error', () => to.destroy());
      from.on('close', () => {
        this.sockets.delete(from);
        to.end();
      });
      from.on('data', (data) => {
        this.waiting.push({ to, data, isClients: from === client });
        clearTimeout(this.timer);
        this.timer = setTimeout(() => this.cross(), SILENCE_MS);
      });
    }
  }

  private cross(): void {
    const crossing = this.waiting.splice(0);
    if (crossing.some(({ isClients }) => isClients)) this.count += 1;
    for (const { to, data, isClients } of crossing) {
      if (!isClients) this.received += data.length;
      to.write(data);
    }
  }
}
