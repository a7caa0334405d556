import { Client, Connection, WorkflowFailedError } from '@temporalio/client';
import { ApplicationFailure } from '@temporalio/common';
import { setTimeout as sleep } from 'node:timers/promises';
import { isErrorCode } from '../../src/domain/errors';
import type { PortOutcome } from '../../src/domain/outcome';
import { EVENT_WORKFLOW, QUERIES, type CoordinatorState, type EventResult } from '../../src/workflows/contract';
import type { SwitchWatch } from './switchWatch';

const POLL_MS = 500;

/** What became of one event. */
export interface EventVerdict {
  readonly workflowId: string;
  readonly status: string;
  readonly result: EventResult | undefined;
  /** Present for failed ones. */
  readonly code?: string;
  readonly message?: string;
}

/** Asks the Temporal server, as an operator could, what became of events and coordinators. */
export class Observer {
  private constructor(
    private readonly connection: Connection,
    private readonly client: Client,
  ) {}

  static async connect(address: string): Promise<Observer> {
    const connection = await Connection.connect({ address, connectTimeout: 20_000 });
    return new Observer(connection, new Client({ connection }));
  }

  /** Waits until every event is closed and no coordinator has anything to do. @returns what still goes on after the bound. */
  async quiet(withinMs: number): Promise<string[]> {
    const deadline = Date.now() + withinMs;
    for (let busy = ['nothing was seen yet']; ; ) {
      try {
        busy = [...(await this.openEvents()), ...(await this.busyCoordinators())];
      } catch (error) {
        busy = [`the Temporal server does not answer: ${error instanceof Error ? error.message : String(error)}`];
      }
      if (busy.length === 0 || Date.now() > deadline) return busy;
      await sleep(POLL_MS);
    }
  }

  /** Every event workflow with its end. */
  async verdicts(): Promise<EventVerdict[]> {
    const verdicts: EventVerdict[] = [];
    for await (const { workflowId, status } of this.client.workflow.list({ query: `WorkflowType = '${EVENT_WORKFLOW}'` })) {
      verdicts.push(await this.verdict(workflowId, status.name));
    }
    return verdicts;
  }

  close(): Promise<void> {
    return this.connection.close();
  }

  private async verdict(workflowId: string, status: string): Promise<EventVerdict> {
    try {
      const result = (await this.client.withDeadline(Date.now() + 10_000, () => this.client.workflow.getHandle(workflowId).result())) as EventResult;
      return { workflowId, status, result };
    } catch (error) {
      const cause = error instanceof WorkflowFailedError ? error.cause : error;
      if (!(cause instanceof ApplicationFailure)) return { workflowId, status, result: undefined, message: String(cause) };
      return { workflowId, status, result: cause.details?.[0] as EventResult | undefined, code: cause.type ?? '', message: cause.message };
    }
  }

  private async openEvents(): Promise<string[]> {
    const open: string[] = [];
    for await (const { workflowId } of this.client.workflow.list({ query: `WorkflowType = '${EVENT_WORKFLOW}' AND ExecutionStatus = 'Running'` })) {
      open.push(`${workflowId}: ${await this.ask<string>(workflowId, QUERIES.status)}`);
    }
    return open;
  }

  private async busyCoordinators(): Promise<string[]> {
    const busy: string[] = [];
    for await (const { workflowId } of this.client.workflow.list({ query: `WorkflowId STARTS_WITH 'device:' AND ExecutionStatus = 'Running'` })) {
      const state = await this.ask<CoordinatorState | string>(workflowId, QUERIES.state);
      if (typeof state === 'string') busy.push(`${workflowId}: ${state}`);
      else if (state.running !== undefined || state.pending.length > 0) busy.push(`${workflowId}: ${JSON.stringify({ running: state.running, pending: state.pending, deviceError: state.deviceError })}`);
    }
    return busy;
  }

  private async ask<T>(workflowId: string, query: string): Promise<T | string> {
    try {
      return await this.client.withDeadline(Date.now() + 5_000, () => this.client.workflow.getHandle(workflowId).query<T>(query));
    } catch (error) {
      return `does not answer queries: ${error instanceof Error ? error.message : String(error)}`;
    }
  }
}

/** What is untrue or missing in an event's end. */
export function judgeVerdict(verdict: EventVerdict, watches: readonly SwitchWatch[]): string[] {
  const { workflowId, status, result, code, message } = verdict;
  const wrong = (what: string): string[] => [`event ${workflowId}: ${what}`];
  if (status === 'FAILED') {
    if (code === undefined || !isErrorCode(code)) return wrong(`failed without a registered code: ${code ?? ''} ${message ?? ''}`);
    return code === 'internal' ? wrong(`failed with an internal error: ${message ?? ''}`) : [];
  }
  if (status !== 'COMPLETED' || result === undefined) return wrong(`ended as ${status}: ${message ?? ''}`);
  if (!['applied', 'unchanged', 'skipped', 'parked'].includes(result.status)) return wrong(`completed with status ${result.status}`);
  if (result.status === 'applied' && !result.ports.some((port) => port.status === 'applied')) return wrong('applied, but no port was');
  return result.ports.flatMap((port) => judgePort(port, watches).flatMap(wrong));
}

/** `applied` is true only if the commit it names is in the switch's log and holds what it says. */
function judgePort(outcome: PortOutcome, watches: readonly SwitchWatch[]): string[] {
  if (outcome.status !== 'applied') return [];
  const id = Number(outcome.device.split(':')[1]);
  const named = watches.find((watch) => watch.id === id)?.commits.filter((commit) => commit.log === outcome.commit) ?? [];
  const [commit] = named;
  if (commit === undefined) return [`${outcome.device} ${outcome.port} applied by "${outcome.commit ?? ''}", which the switch's commit log lacks`];
  const present = commit.bindings.get(`${id} ${outcome.port}`) ?? [];
  const text = ({ ip, mac, vlanName }: PortOutcome['added'][number]): string => `${ip} ${mac} ${vlanName}`;
  const missing = outcome.added.map(text).filter((line) => !present.includes(line));
  const left = outcome.removed.map(text).filter((line) => present.includes(line));
  return [
    ...missing.map((line) => `${outcome.port} says it added ${line}, which the commit lacks`),
    ...left.map((line) => `${outcome.port} says it removed ${line}, which the commit still has`),
  ];
}
