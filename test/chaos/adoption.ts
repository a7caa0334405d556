import { setTimeout as sleep } from 'node:timers/promises';
import type { AdoptResult } from '../../src/protocol/decisions';
import { splitKey } from './model';
import type { Random } from './random';
import type { SwitchWatch } from './switchWatch';
import type { TruthHistory } from './truth';

const POST_MS = 5_000;
const ENDED_MS = 30_000;
const PAUSE_MS = 500;

/** What people decide about bindings that others put on ports by hand. */
export class Adoption {
  private readonly waiting = new Set<Promise<void>>();

  constructor(
    private readonly random: Random,
    private readonly watches: readonly SwitchWatch[],
    private readonly history: TruthHistory,
    private readonly apiUrl: () => string | undefined,
    private readonly token: string,
    /** Tells portwarden that the panel took an address from a server of the port. @returns whether there is one. */
    private readonly tellRemoved: (port: string, ip: string) => boolean,
    private readonly say: (line: string) => void,
  ) {}

  /** Does one thing. @returns what, for the run's log. */
  async act(): Promise<string> {
    const found = this.present();
    if (found.length === 0) return 'nothing made by hand to decide about';
    const [port, binding] = this.random.pick(found);
    return this.random.weighted<() => Promise<string>>([
      [4, () => this.keep(port, binding)],
      [2, () => this.keep(port, binding, this.random.int(2, 12))],
      [2, () => this.remove(port, binding)],
    ])();
  }

  /** Resolves once nobody waits for the end of a decision any more. */
  async settled(): Promise<void> {
    while (this.waiting.size > 0) await Promise.all(this.waiting);
  }

  /** Whoever keeps it may be told of nothing: it must stay in any case, and may come back from now on. */
  private async keep(port: string, binding: string, seconds?: number): Promise<string> {
    this.history.change(() => {
      this.history.ledger.adopt(port, binding);
    });
    const expiresAt = seconds === undefined ? undefined : new Date(Date.now() + seconds * 1_000).toISOString();
    const id = await this.decide(port, binding, 'keep', expiresAt);
    if (id !== undefined && seconds === undefined) this.afterwards(this.nameKept(id, port, binding));
    const until = seconds === undefined ? '' : ` for ${seconds} s`;
    return `a person keeps ${binding} at ${port}${until}${id === undefined ? ': nobody took it' : ''}`;
  }

  /** From the moment on at which it is asked for, the removal is justified. */
  private async remove(port: string, binding: string): Promise<string> {
    this.history.change(() => {
      this.history.ledger.releaseByHand(port, binding);
    });
    const id = await this.decide(port, binding, 'remove', undefined);
    return `a person wants ${binding} at ${port} removed${id === undefined ? ': nobody took it' : ''}`;
  }

  /** Once a keep is recorded, not even an event that names its address takes it away. */
  private async nameKept(id: string, port: string, binding: string): Promise<void> {
    const result = await this.end(id);
    if (!result?.ports.some(({ kept }) => kept.length > 0)) return;
    const ip = binding.slice(0, binding.indexOf(' '));
    if (this.tellRemoved(port, ip)) this.say(`  ${ip} at ${port} is kept, and an event names it for removal`);
  }

  private afterwards(work: Promise<void>): void {
    const waiting = work.finally(() => this.waiting.delete(waiting));
    this.waiting.add(waiting);
  }

  private async decide(
    key: string,
    binding: string,
    adoption: string,
    expiresAt: string | undefined,
  ): Promise<string | undefined> {
    const { switchId, port } = splitKey(key);
    const body = {
      device: `junos:${switchId}`,
      ports: [{ port, statements: [{ key: binding, adoption }] }],
      ...{ author: 'chaos', reason: 'whatever happens' },
      ...(expiresAt === undefined ? {} : { expiresAt }),
    };
    const answer = await this.ask<{ readonly workflowId: string }>('/api/adoptions', JSON.stringify(body));
    return answer?.workflowId;
  }

  private async end(id: string): Promise<AdoptResult | undefined> {
    for (const deadline = Date.now() + ENDED_MS; Date.now() < deadline; await sleep(PAUSE_MS)) {
      const status = await this.ask<{ readonly state: string; readonly outcome?: AdoptResult }>(`/api/decisions/${id}`);
      if (status?.state === 'completed') return status.outcome;
      if (status !== undefined && status.state !== 'running') return undefined;
    }
    return undefined;
  }

  /** Undefined when the API is down, or answers anything but a success. */
  private async ask<T>(path: string, body?: string): Promise<T | undefined> {
    try {
      const response = await fetch(`${this.apiUrl() ?? 'http://127.0.0.1:9'}${path}`, {
        headers: { authorization: `Bearer ${this.token}`, 'content-type': 'application/json' },
        signal: AbortSignal.timeout(POST_MS),
        ...(body === undefined ? {} : { method: 'POST', body }),
      });
      return response.ok ? ((await response.json()) as T) : undefined;
    } catch {
      return undefined;
    }
  }

  /** What people put on ports by hand, and is there. */
  private present(): (readonly [port: string, binding: string])[] {
    return this.watches.flatMap((watch) =>
      [...watch.bindings()].flatMap(([port, bindings]) =>
        bindings
          .filter((binding) => this.history.ledger.isByHand(port, binding))
          .map((binding): readonly [string, string] => [port, binding]),
      ),
    );
  }
}
