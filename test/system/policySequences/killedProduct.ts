import { setTimeout as sleep } from 'node:timers/promises';
import type { Random } from '../../chaos/random';
import { LAB_SECRETS } from '../../../lab/world';
import type { SystemUnderTest } from '../site';

/** What the API answers. */
export interface Answer<T> {
  readonly status: number;
  readonly body: T;
}

/** Until an API that is down is asked again. */
const AGAIN_MS = 250;
const LONGEST_DOWN_MS = 300_000;
const LOOK_MS = 20;
const LONGEST_WAIT_MS = 2_000;

/** A product that is killed again and again (SIGKILL) and started anew; who asks it waits until it is there. */
export class KilledProduct {
  kills = 0;
  private readonly ending = new AbortController();
  private isUp = true;

  constructor(
    private readonly system: SystemUnderTest,
    private readonly start: () => Promise<void>,
  ) {}

  /**
   * Kills it at random instants: half of them are moments in which a write reaches the cloud, where writes can be seen. Each
   * time something got done before, or a slow machine would come to nothing. Ends when everything is played; the product runs
   * then.
   * @param done how much is done, from 0 to 1.
   * @param writes how many there were so far; absent where nobody can tell at once.
   */
  async killAtRandom(most: number, random: Random, done: () => number, writes?: () => number): Promise<void> {
    while (!this.isOver() && this.kills < most) {
      const from = (this.kills + random.next() * 0.9) / (most + 1);
      while (!this.isOver() && done() < from) await sleep(LOOK_MS);
      if (writes !== undefined && random.chance(0.5)) {
        const until = writes() + random.int(1, 10);
        while (!this.isOver() && writes() < until) await sleep(1);
        await sleep(random.int(0, 20));
      } else await sleep(random.int(0, LONGEST_WAIT_MS));
      if (this.isOver()) return;
      this.isUp = false;
      await this.system.running.kill9();
      this.kills += 1;
      await this.start();
      this.isUp = true;
    }
  }

  /** Nobody is killed any more. */
  end(): void {
    this.ending.abort();
  }

  private isOver(): boolean {
    return this.ending.signal.aborted;
  }

  /** Asks the API until it answers; what is answered with 5xx or 429 is asked again too. */
  async ask<T>(path: string, body?: object, headers: Readonly<Record<string, string>> = {}): Promise<Answer<T>> {
    const deadline = Date.now() + LONGEST_DOWN_MS;
    for (let last = 'it does not run'; ; await sleep(AGAIN_MS)) {
      if (Date.now() > deadline) throw new Error(`the API did not answer ${path}: ${last}`);
      if (!this.isUp) continue;
      try {
        const response = await fetch(`${this.system.running.apiUrl}${path}`, {
          method: body === undefined ? 'GET' : 'POST',
          headers: {
            authorization: `Bearer ${LAB_SECRETS.bearerToken}`,
            'content-type': 'application/json',
            ...headers,
          },
          signal: AbortSignal.timeout(30_000),
          ...(body === undefined ? {} : { body: JSON.stringify(body) }),
        });
        const text = await response.text();
        last = `${response.status} ${text}`;
        if (response.status < 500 && response.status !== 429)
          return { status: response.status, body: JSON.parse(text) as T };
      } catch (error) {
        last = error instanceof Error ? error.message : String(error);
      }
    }
  }
}
