import { types } from 'node:util';
import { z } from 'zod';
import { PortwardenError } from '../domain/errors';
import type { PortSecurityEvent } from '../domain/event/event';
import { LOOK_SECONDS } from '../protocol/preview';
import type { StandingList } from '../domain/standing';
import {
  brakeAnswer,
  parkedAnswer,
  releasedAnswer,
  standingAnswer,
  standingCountsAnswer,
  type BrakeAnswer,
  type ParkedChangeAnswer,
  type ReleasedAnswer,
  type StandingAnswer,
  type StandingCountsAnswer,
} from './guardAnswers';
import { configurationPreviewAnswer, type ConfigurationPreviewAnswer } from './configPreview';
import {
  coverageAnswer,
  explanationAnswer,
  previewAnswer,
  type CoverageAnswer,
  type ExplanationAnswer,
  type PreviewAnswer,
} from './apiAnswers';
import { RemoteError } from './failure';
import { watchAnswer, type WatchAnswer } from './watchAnswer';

const accepted = z.object({
  workflowId: z.string(),
  statusUrl: z.string(),
  uiUrl: z.string().optional(),
  repeated: z.boolean().optional(),
});
const refused = z.object({ error: z.object({ code: z.string(), message: z.string(), remedy: z.string().optional() }) });
const status = z.looseObject({
  workflowId: z.string(),
  state: z.string(),
  waitingFor: z.string().optional(),
  outcome: z.unknown().optional(),
  error: z.object({ code: z.string(), message: z.string(), remedy: z.string().optional() }).optional(),
  uiUrl: z.string().optional(),
});

/** What the API answers to an accepted event. */
export type AcceptedEvent = z.infer<typeof accepted>;

/** What the API knows of an event. */
export type EventStatusAnswer = z.infer<typeof status>;

/** A long answer. */
export interface Download {
  /** As it comes. @throws PortwardenError when it breaks off. */
  readonly parts: AsyncIterable<string>;
  /** The path of the answer that goes on; absent after the last one. */
  readonly next?: string;
}

const TIMEOUT_MS = 20_000;
/** Longer than the API takes for one long answer. */
const DOWNLOAD_TIMEOUT_MS = 660_000;
/** Longer than a worker may look. */
export const LOOK_TIMEOUT_MS = (LOOK_SECONDS + 60) * 1000;

/** Requests of the public API by path. */
export type ApiRequests = Pick<ApiClient, 'get' | 'post'>;

function posted(
  said: unknown,
  idempotencyKey?: string,
): { readonly method: string; readonly headers: Record<string, string>; readonly body: string } {
  const key = idempotencyKey === undefined ? undefined : { 'Idempotency-Key': idempotencyKey };
  return { method: 'POST', headers: { 'Content-Type': 'application/json', ...key }, body: JSON.stringify(said) };
}

/** A client of the public API. The token goes into one header and nowhere else. */
export class ApiClient {
  constructor(
    private readonly baseUrl: string,
    private readonly token: string,
  ) {}

  /** Posts an event. @throws RemoteError as the API refuses it; PortwardenError when it cannot be reached. */
  async postEvent(event: PortSecurityEvent, idempotencyKey: string | undefined): Promise<AcceptedEvent> {
    const { action, serverId, ips } = event;
    return parsed(accepted, await this.postOnce('/api/port-security/event', { action, serverId, ips }, idempotencyKey));
  }

  /** What became of an event so far. @throws RemoteError `not-found` and others; PortwardenError. */
  async status(workflowId: string): Promise<EventStatusAnswer> {
    return parsed(status, await this.request(`/api/port-security/events/${encodeURIComponent(workflowId)}`, {}));
  }

  /** What would be changed now. @throws RemoteError as the API refuses it; PortwardenError. */
  async preview(question: Readonly<Record<string, string>>): Promise<PreviewAnswer> {
    return parsed(previewAnswer, await this.ask('/api/preview', question));
  }

  /** Why addresses are let through or not. @throws RemoteError as the API refuses it; PortwardenError. */
  async explain(question: Readonly<Record<string, string>>): Promise<ExplanationAnswer> {
    return parsed(explanationAnswer, await this.ask('/api/explain', question));
  }

  /** What a port's device enforces there, and what not. @throws RemoteError as the API refuses it; PortwardenError. */
  async portCoverage(question: Readonly<Record<string, string>>): Promise<CoverageAnswer> {
    const query = new URLSearchParams(question);
    return parsed(coverageAnswer, await this.request(`/api/coverage/port?${query.toString()}`, {}, LOOK_TIMEOUT_MS));
  }

  /** All changes that wait for a person, of one device or of all. @throws RemoteError; PortwardenError. */
  async parked(device: string | undefined, guard?: string): Promise<readonly ParkedChangeAnswer[]> {
    const of = [
      ...(device === undefined ? [] : [`&device=${encodeURIComponent(device)}`]),
      ...(guard === undefined ? [] : [`&guard=${encodeURIComponent(guard)}`]),
    ].join('');
    const changes: ParkedChangeAnswer[] = [];
    for await (const page of this.pages(`/api/guards/parked?limit=500${of}`, parkedAnswer))
      changes.push(...page.changes);
    return changes;
  }

  /** The brake of the site. @throws RemoteError; PortwardenError. */
  async brake(): Promise<BrakeAnswer> {
    return parsed(brakeAnswer, await this.request('/api/guards/brake', {}));
  }

  /** Ends the brake of the site. @throws RemoteError; PortwardenError. */
  async releaseBrake(release: {
    readonly by: string;
    readonly reason: string;
    readonly approve: boolean;
  }): Promise<ReleasedAnswer> {
    const headers = { 'Content-Type': 'application/json' };
    const init = { method: 'POST', headers, body: JSON.stringify(release) };
    return parsed(releasedAnswer, await this.request('/api/guards/brake/release', init));
  }

  /** How the watch of hypervisors stands. @throws RemoteError; PortwardenError. */
  async watch(): Promise<WatchAnswer> {
    return parsed(watchAnswer, await this.request('/api/watch', {}));
  }

  /** How long the standing lists are. @throws RemoteError; PortwardenError. */
  async coverage(): Promise<StandingCountsAnswer> {
    return parsed(standingCountsAnswer, await this.request('/api/coverage', {}));
  }

  /** All entries of a standing list. @throws RemoteError; PortwardenError. */
  async standing(list: StandingList): Promise<StandingAnswer['entries']> {
    const entries: StandingAnswer['entries'] = [];
    for await (const page of this.pages(`/api/coverage/${list}?limit=500`, standingAnswer))
      entries.push(...page.entries);
    return entries;
  }

  /** What another configuration would do, page by page. @throws RemoteError; PortwardenError. */
  async *previewConfiguration(proposed: unknown): AsyncGenerator<ConfigurationPreviewAnswer> {
    const headers = { 'Content-Type': 'application/json' };
    let from: ConfigurationPreviewAnswer['next'];
    do {
      const body = JSON.stringify({ proposed, ...(from === undefined ? {} : { from }) });
      const answer = await this.request('/api/config/preview', { method: 'POST', headers, body }, LOOK_TIMEOUT_MS);
      const page = parsed(configurationPreviewAnswer, answer);
      yield page;
      from = page.next;
    } while (from !== undefined);
  }

  /** The pages of a list, one after the other. */
  async *pages<T extends { readonly next?: string | undefined }>(
    path: string,
    schema: z.ZodType<T>,
  ): AsyncGenerator<T> {
    let after = '';
    for (;;) {
      const page = parsed(schema, await this.request(`${path}${after}`, {}));
      yield page;
      if (page.next === undefined) return;
      after = `&after=${encodeURIComponent(page.next)}`;
    }
  }

  /** What is at a path. @throws RemoteError as the API refuses it; PortwardenError. */
  get(path: string, timeoutMs = TIMEOUT_MS): Promise<unknown> {
    return this.request(path, {}, timeoutMs);
  }

  /** Says something to a path. @throws RemoteError as the API refuses it; PortwardenError. */
  post(path: string, said: unknown, timeoutMs = TIMEOUT_MS): Promise<unknown> {
    return this.request(path, posted(said), timeoutMs);
  }

  /** The same for what is to be done once, however often it is sent with the same key. */
  postOnce(path: string, said: unknown, idempotencyKey: string | undefined): Promise<unknown> {
    return this.request(path, posted(said, idempotencyKey));
  }

  /** A long answer, to be read while it comes. @throws RemoteError as the API refuses it; PortwardenError. */
  async download(path: string): Promise<Download> {
    const response = await this.send(path, {}, DOWNLOAD_TIMEOUT_MS);
    if (!response.ok) throw this.refusal(response, json(await response.text()));
    const next = /^<(\/[^>]*)>; rel="next"$/.exec(response.headers.get('link') ?? '')?.[1];
    return { parts: this.partsOf(response), ...(next === undefined ? {} : { next }) };
  }

  private async *partsOf(response: Response): AsyncGenerator<string> {
    const body: AsyncIterable<Uint8Array> | null = response.body;
    const decoder = new TextDecoder();
    try {
      for await (const chunk of body ?? []) yield decoder.decode(chunk, { stream: true });
    } catch (error) {
      throw this.unreachable(error, DOWNLOAD_TIMEOUT_MS);
    }
    yield decoder.decode();
  }

  private ask(path: string, question: Readonly<Record<string, string>>): Promise<unknown> {
    const headers = { 'Content-Type': 'application/json' };
    return this.request(path, { method: 'POST', headers, body: JSON.stringify(question) }, LOOK_TIMEOUT_MS);
  }

  private async request(
    path: string,
    init: { method?: string; headers?: Record<string, string>; body?: string },
    timeoutMs = TIMEOUT_MS,
  ): Promise<unknown> {
    const response = await this.send(path, init, timeoutMs);
    const text = await response.text().catch((error: unknown) => {
      throw this.unreachable(error, timeoutMs);
    });
    const body = json(text);
    if (response.ok) return body;
    throw this.refusal(response, body);
  }

  private async send(
    path: string,
    init: { method?: string; headers?: Record<string, string>; body?: string },
    timeoutMs: number,
  ): Promise<Response> {
    try {
      return await fetch(`${this.baseUrl}${path}`, {
        ...init,
        headers: { ...init.headers, Authorization: `Bearer ${this.token}`, Accept: 'application/json' },
        redirect: 'error',
        signal: AbortSignal.timeout(timeoutMs),
      });
    } catch (error) {
      throw this.unreachable(error, timeoutMs);
    }
  }

  private unreachable(error: unknown, timeoutMs: number): PortwardenError {
    const words = reason(error, timeoutMs);
    return new PortwardenError('api-unreachable', `The API at ${this.baseUrl} does not answer (${words})`);
  }

  private refusal({ status: code }: Response, body: unknown): RemoteError {
    const refusal = refused.safeParse(body);
    if (refusal.success)
      return new RemoteError(refusal.data.error.code, refusal.data.error.message, refusal.data.error.remedy);
    const message = `${this.baseUrl} answers ${code} without portwarden's error form. Is it portwarden's API?`;
    return new RemoteError('internal', message, undefined);
  }
}

function json(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** An answer in its form. @throws RemoteError `internal` for any other. */
export function parsed<T>(schema: z.ZodType<T>, body: unknown): T {
  const result = schema.safeParse(body);
  if (result.success) return result.data;
  throw new RemoteError('internal', "The answer is not one of portwarden's API", undefined);
}

function reason(error: unknown, timeoutMs: number): string {
  if (!types.isNativeError(error) && !(error instanceof DOMException)) return 'unknown reason';
  if (error.name === 'TimeoutError') return `no answer within ${timeoutMs / 1000} s`;
  const cause: unknown = error.cause;
  const code = typeof cause === 'object' && cause !== null && 'code' in cause ? cause.code : undefined;
  return typeof code === 'string' ? code : error.message;
}
