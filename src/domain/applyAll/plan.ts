import type { PortOutcome } from '../change/outcome';
import { textDigest } from '../change/removals';
import type { Statement } from '../change/statement';
import type { NodeSubject } from '../servers/portRequest';
import type { PortRef } from '../values/port';
import type { Scope } from '../values/scope';

/** How a plan of Apply All, and the run that carries it out, stand. */
export type PlanState = 'planning' | 'planned' | 'failed' | 'running' | 'paused' | 'cancelled' | 'done';

/** The states in which a run of a plan is under way. */
export const UNDER_WAY: readonly PlanState[] = ['running', 'paused'];

/** The states in which a plan may be run: a run that was cancelled goes on with the ports that it had not come to. */
export const RUNNABLE: readonly PlanState[] = ['planned', 'cancelled'];

/** What a plan says that becomes of a port; the words of a preview. */
export type PlannedStatus = 'change' | 'unchanged' | 'held' | 'parked' | 'skipped' | 'failed';

/** What became of a port in a run: that of its pass, or `differs` when its difference was not the planned one and it was left alone. */
export type RunStatus = PortOutcome['status'] | 'differs';

/** One port of a plan. */
export interface PlannedPort extends PortRef {
  readonly status: PlannedStatus;
  /** Of the planned difference; see {@link differenceDigest}. */
  readonly digest: string;
  readonly summary: string;
  /** The first statements, in words, and how many there are. */
  readonly added: readonly string[];
  readonly removed: readonly string[];
  readonly additions: number;
  readonly removals: number;
  /** What a guard or a doubt would hold until a person decides. */
  readonly parked?: string;
  /** Nodes whose guests are behind the port, as far as the plan knew. */
  readonly nodes: readonly NodeSubject[];
  /** What one commit of the device may take for this port and those of the same page; on the first port of a page that changes anything. */
  readonly seconds: number;
}

/** A port of a plan with what became of it. */
export interface PlanRow extends PlannedPort {
  readonly outcome?: RunStatus;
  /** The error's code, when there is one. */
  readonly code?: string;
  readonly said?: string;
}

/** What became of a port, as a run notes it. */
export interface SettledPort extends PortRef {
  readonly outcome: RunStatus;
  readonly code?: string;
  readonly said: string;
}

/** A plan of Apply All, and the run of it once there is one. */
export interface ApplyPlan {
  readonly id: string;
  readonly scope: Scope;
  readonly state: PlanState;
  /** Who asked for the plan. */
  readonly author: string;
  /** ISO 8601, UTC. */
  readonly at: string;
  /** Once it is planned: names exactly this plan. */
  readonly hash?: string;
  /** What is to be said beside the ports, and why it failed when it did. */
  readonly notes: readonly string[];
  /** Of the run, from its beginning. */
  readonly run?: {
    readonly workflowId: string;
    readonly author: string;
    readonly reason: string;
    readonly startedAt: string;
    readonly endedAt?: string;
  };
}

/** How many statements of a port a plan keeps in words, and how long each text is at most. */
const KEPT_STATEMENTS = 20;
const LONGEST_TEXT = 300;

/**
 * Tells the difference of a port from every other one: what is added and what is removed, in whatever order. Where a new
 * virtual MAC is part of it, both sides say so in the same words: it is made only by the pass.
 */
export function differenceDigest(
  added: readonly Pick<Statement, 'key'>[],
  removed: readonly Pick<Statement, 'key'>[],
): string {
  const lines = (sign: string, statements: readonly Pick<Statement, 'key'>[]): string[] =>
    statements.map(({ key }) => `${sign}${key}`).sort();
  return textDigest([...lines('+', added), ...lines('-', removed)].join('\n'));
}

/** What of a port's statements a plan keeps in words. */
export function keptTexts(statements: readonly Statement[]): readonly string[] {
  return statements.slice(0, KEPT_STATEMENTS).map(({ text }) => keptText(text));
}

/** A text as a plan keeps it. */
export function keptText(text: string): string {
  return text.length <= LONGEST_TEXT ? text : `${text.slice(0, LONGEST_TEXT - 1)}…`;
}

/** A port as a plan puts it in: what is settled before any run is settled with it. */
export type NewPlanRow = PlannedPort & Pick<PlanRow, 'outcome' | 'said'>;

/** What is settled before a run begins: what the plan could not look at or must leave alone has no difference that could be carried out. */
export function settledByPlan(port: PlannedPort): NewPlanRow {
  const { status, summary } = port;
  return status === 'skipped' || status === 'failed' ? { ...port, outcome: status, said: summary } : port;
}

/** The hash of a plan, over its ports in the order of the store, one by one: it is never in memory as a whole. */
export class PlanHash {
  private sum = textDigest('');

  add({ device, port, status, digest }: Pick<PlannedPort, 'device' | 'port' | 'status' | 'digest'>): void {
    this.sum = textDigest(`${this.sum}\n${device}\n${port}\n${status}\n${digest}`);
  }

  /** @param plan the plan's id: two plans that say the same are two, because each is run once. */
  of(plan: string): string {
    return textDigest(`${plan}\n${this.sum}`);
  }
}
