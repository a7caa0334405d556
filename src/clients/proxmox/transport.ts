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
  type HostFailure,
} from './failure';
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

/**
 * GET requests to a cluster's API. A host that does not answer is left for the next one, which is then kept; what
 * a host does answer is final. Nothing is repeated after all hosts were tried once: the caller's retry policy does.
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
  async get(path: string, query: Readonly<Record<string, string>>, signal?: AbortSignal): Promise<ApiData> {
    const { hosts, name, token } = this.settings;
    const failures: HostFailure[] = [];
    let refusedHop: AxiosResponse<string> | undefined;
    const first = this.current;
    for (let i = 0; i < hosts.length; i += 1) {
      const index = (first + i) % hosts.length;
      const host = hosts[index];
      if (host === undefined) break;
      let answer: AxiosResponse<string>;
      try {
        answer = await this.ask(host, path, query, signal);
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
      if (index !== this.current) this.keep(index);
      return this.dataOf(path, answer);
    }
    if (refusedHop !== undefined && hosts.length === 1) return this.dataOf(path, refusedHop);
    throw noHostError(name, path, failures);
  }

  private keep(index: number): void {
    this.current = index;
    this.moves += 1;
  }

  /** One answer of one host, within the time limit. */
  private async ask(
    host: URL,
    path: string,
    query: Readonly<Record<string, string>>,
    signal?: AbortSignal,
  ): Promise<AxiosResponse<string>> {
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
      return await this.send(host, path, query, limit.signal);
    } catch (error) {
      throw limit.signal.aborted ? abortReason(limit.signal) : error;
    } finally {
      clearTimeout(timer);
      signal?.removeEventListener('abort', cancel);
    }
  }

  /**
   * Sends once, and once more for each of two causes that say nothing about the host: the kept-alive connection was
   * closed by the server at that moment, and the host's pinned certificate was replaced by another pinned one.
   */
  private async send(
    host: URL,
    path: string,
    query: Readonly<Record<string, string>>,
    signal: AbortSignal,
  ): Promise<AxiosResponse<string>> {
    const causes = new Set(['stale', 'renewed']);
    for (;;) {
      const agent = await this.connections.pool(host, signal);
      try {
        return await axios.request<string>({
          method: 'GET',
          url: new URL(`/api2/json${path}`, host).href,
          params: query,
          headers: { Authorization: `PVEAPIToken=${this.settings.token}`, Accept: 'application/json' },
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

  private dataOf(path: string, answer: AxiosResponse<string>): ApiData {
    const { name, token } = this.settings;
    const body = typeof answer.data === 'string' ? answer.data : '';
    if (answer.status >= 400) {
      const retryAfter: unknown = answer.headers['retry-after'];
      throw refusalError(
        name,
        path,
        {
          status: answer.status,
          reason: answer.statusText,
          body,
          retryAfter: typeof retryAfter === 'string' ? retryAfter : undefined,
        },
        token,
      );
    }
    if (answer.status !== 200) throw invalidAnswer(name, path, `unexpected status ${answer.status}`);
    let parsed: unknown;
    try {
      parsed = parseBoundedJson(body, JSON_LIMITS);
    } catch (error) {
      throw invalidAnswer(name, path, error instanceof RangeError ? error.message : 'the body is not JSON');
    }
    if (typeof parsed !== 'object' || parsed === null || !('data' in parsed))
      throw invalidAnswer(name, path, 'the body has no "data"');
    return { data: parsed.data, changes: 'changes' in parsed ? parsed.changes : undefined };
  }
}

/** Whether a request failed on a kept-alive connection that the server may have closed in the same moment. */
function wasReused(error: unknown): boolean {
  if (!axios.isAxiosError(error)) return false;
  const request: unknown = error.request;
  return typeof request === 'object' && request !== null && 'reusedSocket' in request && request.reusedSocket === true;
}
