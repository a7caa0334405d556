import axios, { type AxiosResponse } from 'axios';
import { limitsFor, parseBoundedJson } from '../../primitives/boundedJson';
import { abortReason } from '../../primitives/concurrency';
import {
  errorCode,
  hostFailure,
  invalidAnswer,
  isCertificateCode,
  isHopFailure,
  noHostError,
  refusalError,
  scrub,
  type Call,
  type HostFailure,
} from './failure';
import { clockOf, refusalOf, seenAnswer } from '../seenAnswer';
import type { ProxmoxSettings } from './options';
import { TrustedConnections } from './trust';

const MAX_ANSWER_BYTES = 64 * 1024 * 1024;
const JSON_LIMITS = limitsFor(MAX_ANSWER_BYTES);

/** What the API answers. */
export interface ApiData {
  readonly data: unknown;
  /** Beside `data` with GET /nodes/{node}/network, when a change is staged there. */
  readonly changes: unknown;
}

/** A request of one cluster's API. */
export interface ApiRequest extends Call {
  readonly query?: Readonly<Record<string, string>>;
  /** Of POST and PUT: sent as a form. Parameters of DELETE go into the query: Proxmox refuses a body there. */
  readonly form?: Readonly<Record<string, string>>;
}

/**
 * Requests to a cluster's API. A host that does not answer is left for the next one, which is then kept; what
 * a host does answer is final. Nothing is repeated after all hosts were tried once: the caller's retry policy does. Only
 * what reads goes to another host: of a change that got no answer it is not known whether it was carried out.
 */
export class ProxmoxTransport {
  private readonly connections: TrustedConnections;
  private current = 0;
  private moves = 0;

  constructor(private readonly settings: ProxmoxSettings) {
    this.connections = new TrustedConnections(settings, {
      maxSockets: settings.concurrency * 2,
      timeoutMs: settings.timeoutMs,
    });
  }

  /** Grows whenever requests go to another API host than before. */
  get hostChanges(): number {
    return this.moves;
  }

  /** How many API hosts there are. */
  get hostCount(): number {
    return this.settings.hosts.length;
  }

  /** Turns to the next API host. */
  leaveHost(): void {
    this.keep((this.current + 1) % this.settings.hosts.length);
  }

  /** Closes all connections. */
  close(): void {
    this.connections.close();
  }

  /**
   * The answer to GET `path` (below `/api2/json`).
   * Rejects with a `proxmox-*` error, or with the signal's reason once that aborts.
   */
  get(path: string, query: Readonly<Record<string, string>>, signal?: AbortSignal): Promise<ApiData> {
    return this.request({ method: 'GET', path, query }, signal);
  }

  /** The answer to a request; see {@link get}. */
  async request(call: ApiRequest, signal?: AbortSignal): Promise<ApiData> {
    const { name, token } = this.settings;
    const hosts =
      call.method === 'GET' ? this.settings.hosts : this.settings.hosts.slice(this.current, this.current + 1);
    const failures: HostFailure[] = [];
    let refusedHop: AxiosResponse<string> | undefined;
    const first = call.method === 'GET' ? this.current : 0;
    for (let i = 0; i < hosts.length; i += 1) {
      const index = (first + i) % hosts.length;
      const host = hosts[index];
      if (host === undefined) break;
      let answer: AxiosResponse<string>;
      const sentAt = Date.now();
      try {
        answer = await this.ask(host, call, signal);
      } catch (error) {
        if (signal?.aborted === true) throw abortReason(signal);
        failures.push(hostFailure(host, error, token));
        continue;
      }
      if (isHopFailure(answer.status)) {
        refusedHop = answer;
        failures.push({
          host: host.host,
          certificate: false,
          said: scrub(`${answer.status} ${answer.statusText}`, token),
        });
        continue;
      }
      if (call.method === 'GET' && index !== this.current) this.keep(index);
      return this.observed(call, answer, sentAt);
    }
    if (refusedHop !== undefined && hosts.length === 1) return this.dataOf(call, refusedHop);
    throw noHostError(name, call, failures);
  }

  /** What an answer has; what it says of token and clock is told. */
  private observed(call: Call, answer: AxiosResponse<string>, sentAt: number): ApiData {
    const { observe } = this.settings;
    const clock = clockOf(answer.headers, sentAt, Date.now());
    try {
      const data = this.dataOf(call, answer);
      observe?.(seenAnswer('accepted', clock));
      return data;
    } catch (error) {
      observe?.(seenAnswer(refusalOf(answer.status), clock));
      throw error;
    }
  }

  private keep(index: number): void {
    this.current = index;
    this.moves += 1;
  }

  /** One answer of one host, within the time limit. */
  private async ask(host: URL, call: ApiRequest, signal?: AbortSignal): Promise<AxiosResponse<string>> {
    if (signal?.aborted === true) throw abortReason(signal);
    const limit = new AbortController();
    const cancel = (): void => {
      limit.abort(signal?.reason);
    };
    signal?.addEventListener('abort', cancel, { once: true });
    const timer = setTimeout(() => {
      limit.abort(Object.assign(new Error(`no answer within ${this.settings.timeoutMs} ms`), { code: 'ETIMEDOUT' }));
    }, this.settings.timeoutMs);
    try {
      return await this.send(host, call, limit.signal);
    } catch (error) {
      throw limit.signal.aborted ? abortReason(limit.signal) : error;
    } finally {
      clearTimeout(timer);
      signal?.removeEventListener('abort', cancel);
    }
  }

  /**
   * Sends once, and once more for each of two causes that say nothing about the host: the kept-alive connection was
   * closed by the server at that moment (a change may have been carried out then, and is not sent again), and the host's
   * pinned certificate was replaced by another pinned one.
   */
  private async send(
    host: URL,
    { method, path, query = {}, form }: ApiRequest,
    signal: AbortSignal,
  ): Promise<AxiosResponse<string>> {
    const causes = new Set(method === 'GET' ? ['stale', 'renewed'] : ['renewed']);
    for (;;) {
      const agent = await this.connections.pool(host, signal);
      try {
        return await axios.request<string>({
          method,
          url: new URL(`/api2/json${path}`, host).href,
          params: query,
          ...(form === undefined ? {} : { data: new URLSearchParams(form).toString() }),
          headers: {
            Authorization: `PVEAPIToken=${this.settings.token}`,
            Accept: 'application/json',
            ...(form === undefined ? {} : { 'Content-Type': 'application/x-www-form-urlencoded' }),
          },
          ...(host.protocol === 'https:' ? { httpsAgent: agent } : { httpAgent: agent }),
          signal,
          responseType: 'text',
          transformResponse: (body: unknown) => body,
          validateStatus: () => true,
          maxRedirects: 0,
          maxContentLength: MAX_ANSWER_BYTES,
          proxy: false,
        });
      } catch (error) {
        const code = errorCode(error);
        if (signal.aborted || code === undefined) throw error;
        const stale = code === 'ECONNRESET' && wasReused(error) && causes.delete('stale');
        const renewed =
          isCertificateCode(code) && causes.delete('renewed') && (await this.connections.renew(host, agent));
        if (!stale && !renewed) throw error;
      }
    }
  }

  private dataOf(call: Call, answer: AxiosResponse<string>): ApiData {
    const { name, token } = this.settings;
    const { method, path } = call;
    const body = typeof answer.data === 'string' ? answer.data : '';
    if (answer.status >= 400) {
      const retryAfter: unknown = answer.headers['retry-after'];
      throw refusalError(
        name,
        call,
        {
          status: answer.status,
          reason: answer.statusText,
          body,
          retryAfter: typeof retryAfter === 'string' ? retryAfter : undefined,
        },
        token,
      );
    }
    if (answer.status !== 200) throw invalidAnswer(name, path, `unexpected status ${answer.status}`, method);
    let parsed: unknown;
    try {
      parsed = parseBoundedJson(body, JSON_LIMITS);
    } catch (error) {
      throw invalidAnswer(name, path, error instanceof RangeError ? error.message : 'the body is not JSON', method);
    }
    if (typeof parsed !== 'object' || parsed === null || !('data' in parsed))
      throw invalidAnswer(name, path, 'the body has no "data"', method);
    return { data: parsed.data, changes: 'changes' in parsed ? parsed.changes : undefined };
  }
}

/** Whether a request failed on a kept-alive connection that the server may have closed in the same moment. */
function wasReused(error: unknown): boolean {
  if (!axios.isAxiosError(error)) return false;
  const request: unknown = error.request;
  return typeof request === 'object' && request !== null && 'reusedSocket' in request && request.reusedSocket === true;
}
