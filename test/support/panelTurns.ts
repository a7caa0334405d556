import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

/** How long a client must be silent before what it asked is answered, in milliseconds. */
const SILENCE_MS = 30;

/**
 * Lies before a panel and answers only once its client has fallen silent, so that all that is asked without waiting is
 * answered at once. Counts the answerings: the calls that a client makes one after the other, whatever the time of each
 * is. A client that is held up by other work counts too many, never too few.
 */
export class PanelTurns {
  /** Of each time that answers were given, the calls that were answered. */
  readonly turns: (readonly string[])[] = [];
  private waiting: { readonly call: string; readonly answer: () => Promise<void> }[] = [];
  private timer: NodeJS.Timeout | undefined;

  private constructor(
    private readonly server: ReturnType<typeof createServer>,
    private readonly panel: string,
  ) {}

  /** @param panel the panel's address, without `/api`. */
  static async before(panel: string): Promise<PanelTurns> {
    const server = createServer();
    const turns = new PanelTurns(server, panel);
    server.on('request', (request: IncomingMessage, response: ServerResponse) => {
      turns.take(request, response);
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    return turns;
  }

  get url(): string {
    return `http://127.0.0.1:${(this.server.address() as AddressInfo).port}`;
  }

  /** Every call so far. */
  get calls(): readonly string[] {
    return this.turns.flat();
  }

  forget(): void {
    this.turns.length = 0;
  }

  async stop(): Promise<void> {
    clearTimeout(this.timer);
    await new Promise<void>((resolve) => {
      this.server.close(() => {
        resolve();
      });
      this.server.closeAllConnections();
    });
  }

  private take(request: IncomingMessage, response: ServerResponse): void {
    const answer = async (): Promise<void> => {
      const { authorization = '' } = request.headers;
      const answered = await fetch(`${this.panel}${request.url ?? ''}`, { headers: { authorization } });
      const body = await answered.text();
      response.writeHead(answered.status, { 'content-type': answered.headers.get('content-type') ?? '' }).end(body);
    };
    this.waiting.push({ call: (request.url ?? '').replace(/^\/api/, ''), answer });
    clearTimeout(this.timer);
    this.timer = setTimeout(() => {
      this.answerAll();
    }, SILENCE_MS);
  }

  private answerAll(): void {
    const answering = this.waiting;
    this.waiting = [];
    this.turns.push(answering.map(({ call }) => call).sort());
    for (const { answer } of answering) answer().catch(() => undefined);
  }
}
