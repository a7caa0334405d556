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
import { explanationAnswer, previewAnswer, type ExplanationAnswer, type PreviewAnswer } from './apiAnswers';
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

const TIMEOUT_MS = 20_000;
/** Longer than a worker may look. */
export const LOOK_TIMEOUT_MS = (LOOK_SECONDS + 60) * 1000;

/** Requests of the public API by path. */
export type ApiRequests = Pick<ApiClient, 'get' | 'post'>;

/** A client of the public API. The token goes into one header and nowhere else. */
export class ApiClient {
  constructor(
    private readonly baseUrl: string,
    private readonly token: string,
  ) {}

  /** Posts an event. @throws RemoteError as the API refuses it; PortwardenError when it cannot be reached. */
  async postEvent(event: PortSecurityEvent, idempotencyKey: string | undefined): Promise<AcceptedEvent> {
    const { action, serverId, ips } = event;
    const answer = await this.request('/api/port-security/event', {
      method: 'POST',
      headers: {
        'Content-Type': 'application/json',
        ...(idempotencyKey === undefined ? {} : { 'Idempotency-Key': idempotencyKey }),
      },
      body: JSON.stringify({ action, serverId, ips }),
    });
    return parsed(accepted, answer);
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
    const headers = { 'Content-Type': 'application/json' };
    return this.request(path, { method: 'POST', headers, body: JSON.stringify(said) }, timeoutMs);
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
    let response: Response;
    let text: string;
    try {
      response = await fetch(`${this.baseUrl}${path}`, {
        ...init,
        headers: { ...init.headers, Authorization: `Bearer ${this.token}`, Accept: 'application/json' },
        redirect: 'error',
        signal: AbortSignal.timeout(timeoutMs),
      });
      text = await response.text();
    } catch (error) {
      throw new PortwardenError(
        'api-unreachable',
        `The API at ${this.baseUrl} does not answer (${reason(error, timeoutMs)})`,
      );
    }
    const body = json(text);
    if (response.ok) return body;
    const refusal = refused.safeParse(body);
    if (refusal.success)
      throw new RemoteError(refusal.data.error.code, refusal.data.error.message, refusal.data.error.remedy);
    throw new RemoteError(
      'internal',
      `${this.baseUrl} answers ${response.status} without portwarden's error form. Is it portwarden's API?`,
      undefined,
    );
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
