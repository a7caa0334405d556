import { setTimeout as sleep } from 'node:timers/promises';

/** The body that the panel's listener posts. */
export interface WebhookEvent {
  readonly action: 'ip_assigned' | 'ip_removed' | 'server_deleted';
  readonly serverId: number;
  readonly ip?: string;
}

/** Where events are posted to. */
export interface WebhookTarget {
  readonly url: string;
  /** Sent as bearer token. */
  readonly token: string;
  /** Delivers an event in our place, as the panel's real listener does (`PhpPanel`). */
  readonly deliver?: (event: WebhookEvent) => Promise<DeliveryResult>;
}

/** How the events of a change are delivered. */
export interface Delivery {
  /** False: the change happens, nobody is told. Default true. */
  readonly fire?: boolean;
  /** How often each event is posted. Default 1. */
  readonly copies?: number;
  /** Waits before the first post, in milliseconds. Default 0. */
  readonly delayMs?: number;
  /** True: kept until `release`, which may reorder. Default false. */
  readonly hold?: boolean;
}

/** What became of one post. */
export interface DeliveryResult {
  readonly event: WebhookEvent;
  /** The receiver's status; absent when it could not be reached. */
  readonly status?: number;
  /** The receiver's answer: JSON when it is, else text. */
  readonly body?: unknown;
  /** Why it could not be reached. */
  readonly error?: string;
}

const POST_TIMEOUT_MS = 10_000;
const MAX_COPIES = 1000;

/** Posts events as the PHP listener does, one after the other, without retries, and records what came of it. */
export class WebhookSender {
  target: WebhookTarget | undefined;
  readonly results: DeliveryResult[] = [];
  private held: WebhookEvent[] = [];
  private readonly stop = new AbortController();

  constructor(target?: WebhookTarget) {
    this.target = target;
  }

  /** Delivers the events of one change; resolves when all are posted (at once when held or not fired). */
  async deliver(events: readonly WebhookEvent[], delivery: Delivery = {}): Promise<readonly DeliveryResult[]> {
    if (delivery.fire === false || this.target === undefined) return [];
    const copies = Math.min(Math.max(delivery.copies ?? 1, 1), MAX_COPIES);
    const posts = events.flatMap((event) => Array.from({ length: copies }, () => event));
    if (delivery.hold === true) {
      this.held.push(...posts);
      return [];
    }
    if (delivery.delayMs !== undefined && delivery.delayMs > 0) {
      await sleep(delivery.delayMs, undefined, { signal: this.stop.signal });
    }
    return this.postAll(posts);
  }

  /** Posts what is held: in the order it came, reversed, or in the given order of positions. */
  async release(order: 'kept' | 'reversed' | readonly number[] = 'kept'): Promise<readonly DeliveryResult[]> {
    const held = this.held;
    this.held = [];
    if (order === 'kept') return this.postAll(held);
    if (order === 'reversed') return this.postAll([...held].reverse());
    const chosen = order.flatMap((position) => held[position] ?? []);
    return this.postAll(chosen);
  }

  /** Ends waits and posts under way. */
  close(): void {
    this.stop.abort();
  }

  private async postAll(events: readonly WebhookEvent[]): Promise<readonly DeliveryResult[]> {
    const results: DeliveryResult[] = [];
    for (const event of events) results.push(await this.post(event));
    this.results.push(...results);
    return results;
  }

  private async post(event: WebhookEvent): Promise<DeliveryResult> {
    const { target } = this;
    if (target === undefined) return { event, error: 'no webhook is set' };
    if (target.deliver !== undefined) return target.deliver(event);
    try {
      const response = await fetch(target.url, {
        method: 'POST',
        headers: { 'content-type': 'application/json', authorization: `Bearer ${target.token}` },
        body: JSON.stringify(event),
        signal: AbortSignal.any([this.stop.signal, AbortSignal.timeout(POST_TIMEOUT_MS)]),
      });
      return { event, status: response.status, body: readBody(await response.text()) };
    } catch (error) {
      return { event, error: reasonOf(error) };
    }
  }
}

function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return 'the post failed';
  return error.cause instanceof Error ? `${error.message}: ${error.cause.message}` : error.message;
}

function readBody(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return text;
  }
}
