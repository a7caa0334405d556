import { setTimeout as sleep } from 'node:timers/promises';
import { z } from 'zod';
import type { Decisions } from './splitDecisions';
import { LOOK_TIMEOUT_MS, parsed, type ApiRequests } from './apiClient';
import { RemoteError } from './failure';

const unknown = z.looseObject({
  summary: z.string(),
  device: z.string(),
  omitted: z.array(z.string()),
  notes: z.array(z.string()),
  ports: z.array(
    z.looseObject({
      port: z.string(),
      hash: z.string(),
      statements: z.array(
        z.looseObject({
          statement: z.looseObject({ key: z.string(), text: z.string(), ip: z.string().optional() }),
          finding: z.string(),
          known: z.array(z.string()),
        }),
      ),
    }),
  ),
});
const outcome = z.looseObject({ port: z.string(), status: z.string(), summary: z.string() });
const adopted = z.looseObject({
  summary: z.string(),
  device: z.string(),
  ports: z.array(
    z.looseObject({
      port: z.string(),
      kept: z.array(z.looseObject({ id: z.string(), text: z.string() })),
      removed: z.array(z.string()),
      notRemoved: z.array(z.string()),
      done: z.number(),
      refused: z.string().optional(),
      outcomes: z.array(outcome),
    }),
  ),
});
const keep = z.looseObject({
  id: z.string(),
  device: z.string(),
  port: z.string(),
  statement: z.looseObject({ text: z.string(), ip: z.string().optional() }),
  author: z.string(),
  reason: z.string(),
  createdAt: z.string(),
  expiresAt: z.string().optional(),
});
const keeps = z.looseObject({ keeps: z.array(keep), next: z.string().optional() });
const changed = z.looseObject({
  summary: z.string(),
  changed: z.array(keep),
  missing: z.array(z.string()),
  outcomes: z.array(outcome.extend({ device: z.string() })),
});
const accepted = z.object({ workflowId: z.string(), statusUrl: z.string() });
const status = z.looseObject({
  state: z.string(),
  waitingFor: z.string().optional(),
  outcome: z.unknown().optional(),
  error: z.object({ code: z.string(), message: z.string(), remedy: z.string().optional() }).optional(),
});

/** What the API answers about bindings that nothing explains. */
export type UnknownBindingsAnswer = z.infer<typeof unknown>;
/** What became of decisions about them. */
export type AdoptedAnswer = z.infer<typeof adopted>;
/** A page of what people keep. */
export type KeepsAnswer = z.infer<typeof keeps>;
/** What became of a change of keeps. */
export type ChangedKeepsAnswer = z.infer<typeof changed>;

const FIRST_PAUSE_MS = 250;
const LONGEST_PAUSE_MS = 2_000;

type Said = Readonly<Record<string, unknown>>;

/** The part of the public API that carries what people decide about bindings. */
export class DecisionClient {
  constructor(private readonly api: ApiRequests) {}

  /** @param withOrigin the device's own history is searched for who brought each. */
  async unknownBindings(device: string, port: string | undefined, withOrigin = false): Promise<UnknownBindingsAnswer> {
    const query = new URLSearchParams({
      device,
      ...(port === undefined ? {} : { port }),
      ...(withOrigin ? { origin: 'true' } : {}),
    });
    return parsed(unknown, await this.api.get(`/api/unknown-bindings?${query.toString()}`, LOOK_TIMEOUT_MS));
  }

  async adopt(decisions: Decisions & Said): Promise<{ readonly workflowId: string }> {
    return parsed(accepted, await this.api.post('/api/adoptions', decisions));
  }

  /** Waits for the end of an adoption. @param say told for what it waits. */
  async adopted(workflowId: string, timeoutMs: number, say: (text: string) => void): Promise<AdoptedAnswer> {
    return parsed(adopted, await this.ended(workflowId, timeoutMs, say));
  }

  async keeps(query: Readonly<Record<string, string>>): Promise<KeepsAnswer> {
    return parsed(keeps, await this.api.get(`/api/keeps?${new URLSearchParams(query).toString()}`));
  }

  /** Changes keeps and waits for the end of it. */
  async changeKeeps(
    change: 'remove' | 'extend',
    said: Said,
    timeoutMs: number,
    say: (text: string) => void,
  ): Promise<ChangedKeepsAnswer> {
    const { workflowId } = parsed(accepted, await this.api.post(`/api/keeps/${change}`, said));
    return parsed(changed, await this.ended(workflowId, timeoutMs, say));
  }

  /** Waits for the end of a decision's workflow. @returns its result. @param say told for what it waits. */
  async ended(workflowId: string, timeoutMs: number, say: (text: string) => void): Promise<unknown> {
    const deadline = Date.now() + timeoutMs;
    let shown: string | undefined;
    for (let pause = FIRST_PAUSE_MS; ; pause = Math.min(pause * 2, LONGEST_PAUSE_MS)) {
      const found = parsed(status, await this.api.get(`/api/decisions/${encodeURIComponent(workflowId)}`));
      if (found.state === 'completed') return found.outcome;
      if (found.state !== 'running')
        throw new RemoteError(
          found.error?.code ?? 'internal',
          found.error?.message ?? `the workflow ${workflowId} ended as ${found.state}`,
          found.error?.remedy,
        );
      if (found.waitingFor !== undefined && found.waitingFor !== shown) say(found.waitingFor);
      shown = found.waitingFor ?? shown;
      if (Date.now() + pause > deadline)
        throw new RemoteError(
          'waited-too-long',
          `The decision still runs after ${timeoutMs / 1000} s; it goes on`,
          `See the workflow ${workflowId}, or GET /api/decisions/${workflowId}`,
        );
      await sleep(pause);
    }
  }
}
