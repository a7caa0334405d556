import { isAxiosError, type AxiosResponse, type ResponseType } from 'axios';
import type { Readable } from 'node:stream';

import { PortwardenError, type ErrorCode } from '../../domain/errors';
import { limitsFor, parseBoundedJson, type JsonLimits } from '../../primitives/boundedJson';
import { abortReason } from '../../primitives/concurrency';
import { JsonEntries, type TakeEntry } from '../../primitives/jsonEntries';
import { BoundedHttp } from '../boundedHttp';
import { clockOf, refusalOf, seenAnswer, type AnswerObserver } from '../seenAnswer';

/** How the panel is reached. */
export interface TransportOptions {
  /** `https://panel.example.com`; a trailing `/api` is accepted. `http:` only for loopback hosts. */
  readonly url: string;
  /** Sent as bearer token; never appears in errors. */
  readonly apiKey: string;
  /** Sockets kept open and used at once. */
  readonly concurrency: number;
  /** PEM certificates that sign the panel's certificate, instead of the system's. */
  readonly ca?: string;
  /** Answers that are larger are refused. Default 128 MiB: the list of all servers carries their hardware, some 10 KiB each. Objects and arrays are bounded in proportion. */
  readonly maxAnswerBytes?: number;
  /** Is told what answers say of the key and of the panel's clock. */
  readonly observe?: AnswerObserver;
}

/** A decoded answer: the value of `result`, or that the panel itself says there is no such thing. */
export type Answer = { readonly found: true; readonly result: unknown } | { readonly found: false };

interface Exchange {
  readonly path: string;
  readonly timeoutMs: number;
  readonly signal: AbortSignal;
  readonly as: ResponseType;
}

/** What is read of an answer that is no list but says what is wrong. */
const MOST_SAID_BYTES = 1024 * 1024;
const DEFAULT_MAX_ANSWER_BYTES = 128 * 1024 * 1024;
const MAX_RETRY_AFTER_MS = 3_600_000;

/**
 * Checks the panel's address and gives the base of its API.
 * @throws PortwardenError `invalid-configuration`: not http(s), plain http to another machine, or more than an address.
 */
export function panelApiBase(url: string): string {
  const parsed = URL.canParse(url) ? new URL(url) : undefined;
  if (parsed === undefined || !['http:', 'https:'].includes(parsed.protocol)) {
    throw new PortwardenError('invalid-configuration', 'panel.url must be an https:// address');
  }
  if (parsed.username !== '' || parsed.password !== '' || parsed.search !== '' || parsed.hash !== '') {
    throw new PortwardenError('invalid-configuration', 'panel.url must not carry user, password, query or fragment');
  }
  if (parsed.protocol === 'http:' && !isLoopback(parsed.hostname)) {
    throw new PortwardenError(
      'invalid-configuration',
      'panel.url may use http:// only for this machine (127.0.0.0/8, ::1, localhost)',
    );
  }
  const path = parsed.pathname.replace(/\/+$/, '').replace(/\/api$/, '');
  return `${parsed.origin}${path}/api`;
}

function isLoopback(hostname: string): boolean {
  return hostname === 'localhost' || hostname === '[::1]' || /^127(\.\d{1,3}){3}$/.test(hostname);
}

/** Sends reads to the panel's API and turns every fault into a PortwardenError without secrets. It never retries. */
export class PanelTransport {
  private readonly connections: BoundedHttp;
  private readonly limits: JsonLimits;
  private readonly observe: AnswerObserver | undefined;

  constructor(options: TransportOptions) {
    const { url, apiKey, concurrency, ca, maxAnswerBytes = DEFAULT_MAX_ANSWER_BYTES } = options;
    this.limits = limitsFor(maxAnswerBytes);
    this.observe = options.observe;
    this.connections = new BoundedHttp({
      baseURL: panelApiBase(url),
      headers: { Authorization: `Bearer ${apiKey}`, Accept: 'application/json' },
      maxSockets: concurrency,
      maxAnswerBytes,
      ...(ca === undefined ? {} : { ca }),
    });
  }

  /**
   * One GET.
   * @param path below the API's base, such as `/servers/101`.
   * @param timeoutMs for the whole exchange, answer included.
   * @throws PortwardenError `panel-…`; the signal's reason when it aborts.
   */
  get(path: string, timeoutMs: number, signal: AbortSignal): Promise<Answer> {
    return this.exchange({ path, timeoutMs, signal, as: 'text' }, (response: AxiosResponse<string>) =>
      Promise.resolve(readAnswer(path, response, this.limits)),
    );
  }

  /**
   * One GET whose answer is a list. Its entries are taken as they arrive, so that a large one is never in memory as a whole.
   * @param take what it throws ends the exchange.
   * @returns whether it was found. @throws as {@link get}.
   */
  getEach(path: string, timeoutMs: number, signal: AbortSignal, take: TakeEntry): Promise<boolean> {
    return this.exchange({ path, timeoutMs, signal, as: 'stream' }, async (response: AxiosResponse<Readable>) => {
      const { status, headers, data } = response;
      if (status === 200) await readEntries(path, data, this.limits, take);
      else return readAnswer(path, { status, headers, data: await textOf(path, data) }, this.limits).found;
      return true;
    });
  }

  private async exchange<B, T>(
    { path, timeoutMs, signal, as }: Exchange,
    read: (response: AxiosResponse<B>) => Promise<T>,
  ): Promise<T> {
    signal.throwIfAborted();
    const deadline = AbortSignal.timeout(timeoutMs);
    const sentAt = Date.now();
    let response: AxiosResponse<B> | undefined;
    try {
      const either = AbortSignal.any([signal, deadline]);
      response = await this.connections.http.get<B>(path, { signal: either, responseType: as });
      const clock = clockOf(response.headers, sentAt, Date.now());
      try {
        const answer = await read(response);
        this.observe?.(seenAnswer('accepted', clock));
        return answer;
      } catch (error) {
        if (error instanceof PortwardenError) this.observe?.(seenAnswer(refusalOf(response.status), clock));
        throw error;
      }
    } catch (error) {
      if (signal.aborted) throw abortReason(signal);
      if (error instanceof PortwardenError) throw error;
      if (deadline.aborted)
        throw panelError('panel-unreachable', path, `no complete answer within ${timeoutMs / 1000} s`);
      throw connectionError(path, error);
    }
  }

  /** Closes the idle connections. */
  close(): void {
    this.connections.close();
  }
}

/** An error about one call. The text must not come from the answer's body: it may hold passwords. */
export function panelError(code: ErrorCode, path: string, what: string, retryAfterMs?: number): PortwardenError {
  return new PortwardenError(code, `The panel's GET ${path}: ${what}`, {
    details: { path },
    ...(retryAfterMs === undefined ? {} : { retryAfterMs }),
  });
}

/**
 * How long a `Retry-After` asks to wait (RFC 9110 section 10.2.3: seconds or a date), in milliseconds, at most one hour.
 * @param nowMs the present time, milliseconds since 1970.
 */
export function retryAfterMs(header: unknown, nowMs: number): number | undefined {
  if (typeof header !== 'string' || header.trim() === '') return undefined;
  const wait = /^\s*\d+\s*$/.test(header) ? Number(header) * 1000 : Date.parse(header) - nowMs;
  return Number.isNaN(wait) ? undefined : Math.min(Math.max(wait, 0), MAX_RETRY_AFTER_MS);
}

function connectionError(path: string, error: unknown): PortwardenError {
  const code = isAxiosError(error) ? (error.code ?? '') : '';
  if (code === 'ERR_BAD_RESPONSE' && error instanceof Error && error.message.startsWith('maxContentLength')) {
    return panelError('panel-invalid-answer', path, 'the answer is larger than the limit');
  }
  return panelError(
    'panel-unreachable',
    path,
    code === '' ? 'the connection failed' : `the connection failed (${code})`,
  );
}

/** The text of an answer. @throws PortwardenError when it is a long one. */
async function textOf(path: string, body: Readable): Promise<string> {
  const pieces: Buffer[] = [];
  let bytes = 0;
  for await (const piece of body as AsyncIterable<Buffer>) {
    bytes += piece.length;
    if (bytes > MOST_SAID_BYTES) throw panelError('panel-invalid-answer', path, 'the answer is larger than the limit');
    pieces.push(piece);
  }
  return Buffer.concat(pieces).toString('utf8');
}

/** Takes the entries of `result` as they arrive. @throws PortwardenError `panel-invalid-answer`; what the connection throws. */
async function readEntries(path: string, body: Readable, limits: JsonLimits, take: TakeEntry): Promise<void> {
  const entries = new JsonEntries('result', limits, take);
  const decoder = new TextDecoder();
  const orInvalid = <T>(read: () => T): T => {
    try {
      return read();
    } catch (error) {
      if (error instanceof RangeError) throw panelError('panel-invalid-answer', path, error.message);
      if (error instanceof SyntaxError) throw panelError('panel-invalid-answer', path, NO_OBJECT);
      throw error;
    }
  };
  for await (const piece of body as AsyncIterable<Buffer>)
    orInvalid(() => {
      entries.write(decoder.decode(piece, { stream: true }));
    });
  const { value, wasRead } = orInvalid(() => {
    entries.write(decoder.decode());
    return entries.end();
  });
  const { result } = objectOf(path, value) as { readonly result: unknown };
  const isList = wasRead ? (entries.names ?? []).every((name) => /^\d+$/.test(name)) : Array.isArray(result);
  if (!isList || (wasRead && !isEmptyList(result))) throw panelError('panel-invalid-answer', path, NO_LIST);
  if (!wasRead) for (const entry of result as readonly unknown[]) take(entry);
}

const NO_OBJECT = 'the answer is not a JSON object';
const NO_LIST = 'result: must be a list';
const isEmptyList = (value: unknown): boolean => Array.isArray(value) && value.length === 0;

function objectOf(path: string, value: unknown): Readonly<Record<string, unknown>> {
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    throw panelError('panel-invalid-answer', path, NO_OBJECT);
  if (!('result' in value)) throw panelError('panel-invalid-answer', path, 'result is missing');
  return { ...value };
}

/** Of an answer, what says what it means. */
type Read = Pick<AxiosResponse<string>, 'status' | 'data'> & { readonly headers: Readonly<Record<string, unknown>> };

function readAnswer(path: string, response: Read, limits: JsonLimits): Answer {
  const { status } = response;
  const wait = retryAfterMs(response.headers['retry-after'], Date.now());
  if (status === 429) throw panelError('panel-throttled', path, 'too many requests (429)', wait);
  if (status === 401) throw panelError('panel-unauthorized', path, 'the API key is refused (401)');
  if (status === 403) throw panelError('panel-forbidden', path, 'the API key lacks the right (403)');
  if (status >= 500 || status === 408) throw panelError('panel-failed', path, `server error ${status}`, wait);
  const body = parseObject(path, response.data, limits);
  if (status === 404 && body !== undefined && isNoSuchThing(body)) return { found: false };
  if (status === 404)
    throw panelError(
      'panel-invalid-answer',
      path,
      "a 404 that is not in the panel's own words; a gateway may answer instead, check panel.url",
    );
  if (status !== 200) throw panelError('panel-invalid-answer', path, `unexpected status ${status}; check panel.url`);
  return { found: true, result: objectOf(path, body)['result'] };
}

/**
 * Only the panel may say that something is gone. It does so as Laravel does when a route's model does not exist, or in
 * its own envelope; gateways answer 404 with JSON as well (`{"message":"Not Found"}`, `{"message":"no Route matched …"}`).
 */
function isNoSuchThing(body: Readonly<Record<string, unknown>>): boolean {
  const message = body['message'];
  return 'result' in body || (typeof message === 'string' && /\bno query results for model\b/i.test(message));
}

function parseObject(path: string, text: string, limits: JsonLimits): Readonly<Record<string, unknown>> | undefined {
  try {
    const value = parseBoundedJson(text, limits);
    return typeof value === 'object' && value !== null && !Array.isArray(value) ? { ...value } : undefined;
  } catch (error) {
    if (error instanceof RangeError) throw panelError('panel-invalid-answer', path, error.message);
    return undefined;
  }
}
