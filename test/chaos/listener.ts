import { setTimeout as sleep } from 'node:timers/promises';

/** The body that the panel's listener posts. */
export interface WebhookEvent {
  readonly action: 'ip_assigned' | 'ip_removed' | 'server_deleted';
  readonly serverId: number;
  readonly ip?: string;
}

/** How one event is delivered. */
export interface DeliveryPlan {
  readonly copies: number;
  readonly delayMs: number;
  /** Repeats carry the same Idempotency-Key. */
  readonly key?: string;
}

const RETRY_MS = 400;
const POST_MS = 12_000;
const GIVE_UP_MS = 180_000;

/**
 * Posts events as a listener that retries: each copy until the API answered 2xx, however often the API is down
 * meanwhile. An answer that got lost may leave a workflow nobody knows the id of; that is a duplicate, not a fault.
 */
export class Listener {
  /** Workflow ids of everything the API accepted. */
  readonly accepted = new Map<string, WebhookEvent>();
  readonly refusals: string[] = [];
  private held: { readonly event: WebhookEvent; readonly plan: DeliveryPlan }[] = [];
  private readonly posts = new Set<Promise<void>>();

  constructor(
    private readonly apiUrl: () => string | undefined,
    private readonly token: string,
  ) {}

  /** Starts to deliver; returns at once. */
  send(event: WebhookEvent, plan: DeliveryPlan): void {
    for (let copy = 0; copy < plan.copies; copy += 1) {
      const post = this.deliver(event, plan).finally(() => this.posts.delete(post));
      this.posts.add(post);
    }
  }

  /** Keeps the event until {@link release}, which delivers in another order. */
  hold(event: WebhookEvent, plan: DeliveryPlan): void {
    this.held.push({ event, plan });
  }

  release(order: <T>(items: readonly T[]) => readonly T[]): number {
    const held = order(this.held);
    this.held = [];
    for (const { event, plan } of held) this.send(event, plan);
    return held.length;
  }

  /** Resolves once everything that was sent is accepted (or given up, which is a refusal). */
  async settled(): Promise<void> {
    while (this.posts.size > 0) await Promise.all(this.posts);
  }

  private async deliver(event: WebhookEvent, plan: DeliveryPlan): Promise<void> {
    await sleep(plan.delayMs);
    const deadline = Date.now() + GIVE_UP_MS;
    for (let last = 'no API'; ; await sleep(RETRY_MS)) {
      if (Date.now() > deadline) {
        this.refusals.push(`${JSON.stringify(event)}: not accepted within ${GIVE_UP_MS / 1000} s, last: ${last}`);
        return;
      }
      const url = this.apiUrl();
      if (url === undefined) continue;
      try {
        const response = await fetch(`${url}/api/port-security/event`, {
          method: 'POST',
          headers: {
            'content-type': 'application/json',
            authorization: `Bearer ${this.token}`,
            ...(plan.key === undefined ? {} : { 'idempotency-key': plan.key }),
          },
          body: JSON.stringify(event),
          signal: AbortSignal.timeout(POST_MS),
        });
        const text = await response.text();
        last = `${response.status} ${text.slice(0, 200)}`;
        if (response.ok) {
          const { workflowId } = JSON.parse(text) as { readonly workflowId: string };
          this.accepted.set(workflowId, event);
          return;
        }
        if (response.status < 500 && response.status !== 429) {
          this.refusals.push(`${JSON.stringify(event)}: ${last}`);
          return;
        }
      } catch (error) {
        last = error instanceof Error ? error.message : String(error);
      }
    }
  }
}
