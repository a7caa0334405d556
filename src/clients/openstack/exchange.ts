import { isAxiosError, type AxiosResponse } from 'axios';
import { PortwardenError } from '../../domain/errors';
import { limitsFor, parseBoundedJson } from '../../primitives/boundedJson';
import { abortReason } from '../../primitives/concurrency';
import type { ClockReading } from '../../domain/alarms/sourceState';
import { BoundedHttp } from '../boundedHttp';
import { clockOf } from '../seenAnswer';
import type { CloudOptions } from './options';

/** One request. */
export interface CloudRequest {
  readonly method: 'GET' | 'POST' | 'PUT';
  readonly url: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: object;
  /** Not before it may be sent again. A write whose answer is lost may have been carried out. */
  readonly signal: AbortSignal;
}

/** What came back, whatever the status. */
export interface CloudAnswer {
  readonly status: number;
  /** Undefined when it is no JSON. */
  readonly body: unknown;
  header(name: string): string | undefined;
  /** `X-Openstack-Request-Id`, which the cloud's operators can find in their logs. */
  readonly requestId: string | undefined;
  /** The clock of who answered. */
  readonly clock: ClockReading | undefined;
}

const MAX_ANSWER_BYTES = 32 * 1024 * 1024;
const SOCKETS = 8;

/** Sends requests to a cloud's services. It never retries, and no error carries a header or a body. */
export class CloudHttp {
  private readonly connections: BoundedHttp;
  private readonly limits = limitsFor(MAX_ANSWER_BYTES);
  private readonly timeoutMs: number;

  constructor({ timeoutMs, ca, insecure }: Pick<CloudOptions, 'timeoutMs' | 'ca' | 'insecure'>) {
    this.timeoutMs = timeoutMs;
    this.connections = new BoundedHttp({
      headers: { Accept: 'application/json' },
      maxSockets: SOCKETS,
      maxAnswerBytes: MAX_ANSWER_BYTES,
      ...(ca === undefined ? {} : { ca }),
      ...(insecure === undefined ? {} : { insecure }),
    });
  }

  /** @throws PortwardenError `device-unreachable`, `device-timeout`; the signal's reason when it aborts. */
  async send({ method, url, headers, body, signal }: CloudRequest): Promise<CloudAnswer> {
    signal.throwIfAborted();
    const deadline = AbortSignal.timeout(this.timeoutMs);
    const what = `${method} ${new URL(url).pathname}`;
    let response: AxiosResponse<string>;
    const sentAt = Date.now();
    try {
      response = await this.connections.http.request<string>({
        method,
        url,
        signal: AbortSignal.any([signal, deadline]),
        headers: { ...headers, ...(body === undefined ? {} : { 'Content-Type': 'application/json' }) },
        ...(body === undefined ? {} : { data: JSON.stringify(body) }),
      });
    } catch (error) {
      if (signal.aborted) throw abortReason(signal);
      if (deadline.aborted)
        throw new PortwardenError('device-timeout', `${what}: no complete answer within ${this.timeoutMs / 1000} s`);
      const code = isAxiosError(error) ? (error.code ?? '') : '';
      throw new PortwardenError(
        'device-unreachable',
        `${what}: the connection failed${code === '' ? '' : ` (${code})`}`,
      );
    }
    const clock = clockOf(response.headers, sentAt, Date.now());
    const header = (name: string): string | undefined => {
      const value: unknown = response.headers[name.toLowerCase()];
      return typeof value === 'string' ? value : undefined;
    };
    return {
      status: response.status,
      body: this.parsed(response.data),
      header,
      requestId: header('x-openstack-request-id'),
      clock,
    };
  }

  /** Closes idle connections; exchanges under way end as `device-unreachable`. */
  close(): void {
    this.connections.close();
  }

  private parsed(text: string): unknown {
    try {
      return parseBoundedJson(text, this.limits);
    } catch {
      return undefined;
    }
  }
}
