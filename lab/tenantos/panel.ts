import { timingSafeEqual } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';

import type { AnswerStyle } from './answers';
import { halved, ofAnotherId } from './alteredResult';
import { Faults, type Fault } from './faults';
import { resolve } from './routes';
import type { PanelState } from './world';

interface Reply {
  readonly status: number;
  readonly body: unknown;
  readonly headers?: Readonly<Record<string, string>>;
}

type Body = Readonly<Record<string, unknown>>;

/** The panel's API: authentication, answers, and the faults that were asked for. */
export class PanelApi {
  readonly faults = new Faults();
  /** Requests by method and path below `/api`, such as `GET /servers/101`, those that failed included. */
  readonly requests = new Map<string, number>();
  style: AnswerStyle = { meta: 'object' };
  private readonly stop = new AbortController();

  constructor(
    private readonly state: PanelState,
    private readonly apiKey: string,
  ) {}

  /** Ends delayed answers. */
  close(): void {
    this.stop.abort();
  }

  async handle(request: IncomingMessage, response: ServerResponse, path: string): Promise<void> {
    const call = `${request.method ?? ''} ${path}`;
    this.requests.set(call, (this.requests.get(call) ?? 0) + 1);
    const faults = this.faults.strike(path);
    // The answer is computed before the latency, as by a slow network: it is old when it arrives.
    const reply = this.reply(request, path, faults);
    const latency = faults.reduce((sum, fault) => sum + (fault.kind === 'latency' ? fault.ms : 0), 0);
    if (latency > 0) await sleep(latency, undefined, { signal: this.stop.signal });
    if (faults.some((fault) => fault.kind === 'hang')) return;
    if (faults.some((fault) => fault.kind === 'drop')) {
      request.socket.destroy();
      return;
    }
    const aheadMs = faults.reduce((sum, fault) => sum + (fault.kind === 'clock' ? fault.aheadMs : 0), 0);
    if (aheadMs !== 0) response.setHeader('date', new Date(Date.now() + aheadMs).toUTCString());
    send(
      response,
      reply,
      faults.some((fault) => fault.kind === 'cut'),
    );
  }

  private reply(request: IncomingMessage, path: string, faults: readonly Fault[]): Reply {
    const forced = faults.map((fault) => forcedReply(fault, path)).find((reply) => reply !== undefined);
    if (forced !== undefined) return forced;
    if (!this.authorized(request)) return { status: 401, body: { message: 'Unauthenticated.' } };
    if (request.method !== 'GET') return { status: 405, body: { message: 'The method is not supported by the lab.' } };
    const resolution = resolve(path, this.state, this.style);
    if ('result' in resolution) {
      return { status: 200, body: { result: this.altered(resolution.result, path, faults), message: 'success' } };
    }
    return resolution.missing === 'entity'
      ? noSuchEntity(path)
      : { status: 404, body: { message: `The route api${path} could not be found.` } };
  }

  /** Applies the faults that make an answer incomplete or another one. */
  private altered(result: unknown, path: string, faults: readonly Fault[]): unknown {
    return faults.reduce((value, fault) => {
      switch (fault.kind) {
        case 'missing-servers':
          if (path !== '/servers' || !Array.isArray(value)) return value;
          return (value as Body[]).filter((entry) => !fault.serverIds.includes(Number(entry['id'])));
        case 'empty-ips':
          return eachServer(value, path, (server) => ({ ...server, ipassignments: [] }));
        case 'no-ips':
          return eachServer(value, path, (server) =>
            fault.serverIds === undefined || fault.serverIds.includes(Number(server['id']))
              ? Object.fromEntries(Object.entries(server).filter(([name]) => name !== 'ipassignments'))
              : server,
          );
        case 'empty-list':
          return [];
        case 'half-list':
          return halved(value);
        case 'null-result':
          return null;
        case 'empty-object':
          return {};
        case 'other-id':
          return ofAnotherId(path, value, this.state, this.style);
        default:
          return value;
      }
    }, result);
  }

  private authorized(request: IncomingMessage): boolean {
    const given = Buffer.from(request.headers.authorization ?? '');
    const wanted = Buffer.from(`Bearer ${this.apiKey}`);
    return given.length === wanted.length && timingSafeEqual(given, wanted);
  }
}

/** What Laravel answers when a route's model does not exist. */
function noSuchEntity(path: string): Reply {
  const ids = path.replace(/\D+/g, ' ').trim();
  return { status: 404, body: { message: `No query results for model [App\\Models\\Entity] ${ids}` } };
}

function forcedReply(fault: Fault, path: string): Reply | undefined {
  switch (fault.kind) {
    case 'status':
      return {
        status: fault.status,
        body: { message: fault.status === 429 ? 'Too Many Attempts.' : 'Server Error' },
        ...(fault.retryAfter === undefined ? {} : { headers: { 'retry-after': String(fault.retryAfter) } }),
      };
    case 'refuse-auth':
      return { status: 401, body: { message: 'Unauthenticated.' } };
    case 'garbage':
      return { status: 200, body: '<html><body>Sign in</body></html>' };
    case 'proxy-404':
      return { status: 404, body: '<html><body><h1>404 Not Found</h1>nginx</body></html>' };
    case 'gateway-404':
      return { status: 404, body: { message: 'Not Found' } };
    case 'not-found':
      return noSuchEntity(path);
    default:
      return undefined;
  }
}

function eachServer(value: unknown, path: string, map: (server: Body) => Body): unknown {
  if (path === '/servers' && Array.isArray(value)) return value.map((entry: Body) => map(entry));
  if (/^\/servers\/\d+$/.test(path) && typeof value === 'object' && value !== null) return map({ ...value });
  return value;
}

function send(response: ServerResponse, reply: Reply, cut: boolean): void {
  const isText = typeof reply.body === 'string';
  const text = typeof reply.body === 'string' ? reply.body : JSON.stringify(reply.body);
  response.writeHead(reply.status, {
    'content-type': isText ? 'text/html; charset=utf-8' : 'application/json',
    'content-length': Buffer.byteLength(text),
    ...reply.headers,
  });
  if (!cut) {
    response.end(text);
    return;
  }
  response.write(text.slice(0, Math.floor(text.length / 2)), () => response.destroy());
}
