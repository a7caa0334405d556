import {
  createServer,
  request as forwardRequest,
  type IncomingMessage,
  type Server,
  type ServerResponse,
} from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';

/** How the way to the API behaves. */
export type Way =
  /** It works. */
  | { readonly kind: 'open' }
  /** The answer comes so much later; the API has the event at once. */
  | { readonly kind: 'slow'; readonly ms: number }
  /** Something answers in place of the API. */
  | {
      readonly kind: 'answer';
      readonly status: number;
      readonly body: string;
      readonly headers?: Record<string, string>;
    }
  /** The connection is reset before the API gets anything. */
  | { readonly kind: 'reset' }
  /** The API gets the event, and the connection is reset before its answer. */
  | { readonly kind: 'answer-lost' }
  /** Nobody ever answers. */
  | { readonly kind: 'silent' };

/** What came to the door, whatever was answered. */
export interface Knock {
  readonly key: string;
  readonly body: { readonly action: string; readonly serverId: number; readonly ips: readonly string[] };
}

/** A door in front of the API, on a port that stays the same while the API, or the door, is away. */
export class FaultyWay {
  readonly knocks: Knock[] = [];
  /** Asked for each request. */
  behave: (knock: Knock) => Way = () => ({ kind: 'open' });
  private server: Server | undefined;
  private port = 0;

  constructor(private readonly apiUrl: string) {}

  get url(): string {
    return `http://127.0.0.1:${this.port}`;
  }

  /** Opens, or opens again on the same port. */
  async open(): Promise<void> {
    const server = createServer((request, response) => {
      // Who asked may be gone before the API answered.
      this.pass(request, response).catch(() => request.socket.destroy());
    });
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject);
      server.listen(this.port, '127.0.0.1', resolve);
    });
    this.port = (server.address() as AddressInfo).port;
    this.server = server;
  }

  /** Connections are refused from now on. */
  async close(): Promise<void> {
    const { server } = this;
    this.server = undefined;
    if (server === undefined) return;
    await new Promise((resolve) => {
      server.close(resolve);
      server.closeAllConnections();
    });
  }

  private async pass(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const parts: Buffer[] = [];
    try {
      for await (const part of request) parts.push(part as Buffer);
    } catch {
      return;
    }
    const body = Buffer.concat(parts);
    const knock: Knock = {
      key: String(request.headers['idempotency-key']),
      body: JSON.parse(body.toString('utf8')) as Knock['body'],
    };
    this.knocks.push(knock);
    const way = this.behave(knock);
    if (way.kind === 'reset') return void request.socket.resetAndDestroy();
    if (way.kind === 'silent') return;
    if (way.kind === 'answer') {
      response.writeHead(way.status, { 'content-type': 'application/json', ...way.headers }).end(way.body);
      return;
    }
    const answer = await this.forward(request, body);
    if (way.kind === 'answer-lost') return void request.socket.resetAndDestroy();
    if (way.kind === 'slow') await sleep(way.ms, undefined, { ref: false });
    response.writeHead(answer.status, answer.headers).end(answer.text);
  }

  private forward(
    request: IncomingMessage,
    body: Buffer,
  ): Promise<{ readonly status: number; readonly headers: Record<string, string>; readonly text: string }> {
    return new Promise((resolve, reject) => {
      const onward = forwardRequest(
        new URL(request.url ?? '/', this.apiUrl),
        { method: request.method ?? 'POST', headers: { ...request.headers, connection: 'close' } },
        (answer) => {
          let text = '';
          answer.setEncoding('utf8').on('data', (part: string) => (text += part));
          answer.once('end', () => {
            const retryAfter = answer.headers['retry-after'];
            resolve({
              status: answer.statusCode ?? 0,
              headers: {
                'content-type': 'application/json',
                ...(retryAfter === undefined ? {} : { 'retry-after': retryAfter }),
              },
              text,
            });
          });
        },
      );
      onward.once('error', reject);
      onward.end(body);
    });
  }
}
