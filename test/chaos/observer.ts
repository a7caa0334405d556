import { Client, Connection, WorkflowFailedError } from '@temporalio/client';
import { ApplicationFailure } from '@temporalio/common';
import { setTimeout as sleep } from 'node:timers/promises';
import { EVENT_WORKFLOW, QUERIES } from '../../src/protocol/names';
import type { CoordinatorState } from '../../src/protocol/coordinator';
import type { EventResult } from '../../src/protocol/events';
import { passPlans, passWaiters, type PassPlans, type PassWaiters } from './passWaiters';

const SHORTEST_PAUSE_MS = 300;
const LONGEST_PAUSE_MS = 2_000;

/** What became of one event. */
export interface EventVerdict {
  readonly workflowId: string;
  /** When it was started, Unix milliseconds. */
  readonly startedAt: number;
  /** When it ended; now for one that goes on. */
  readonly endedAt: number;
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
    const began = Date.now();
    for (let busy = ['nothing was seen yet']; ;) {
      try {
        busy = [...(await this.openEvents()), ...(await this.busyCoordinators())];
      } catch (error) {
        busy = [`the Temporal server does not answer: ${error instanceof Error ? error.message : String(error)}`];
      }
      if (busy.length === 0 || Date.now() > began + withinMs) return busy;
      // Each look asks every workflow that runs: the longer it lasts, the less often.
      await sleep(Math.min(Math.max((Date.now() - began) / 10, SHORTEST_PAUSE_MS), LONGEST_PAUSE_MS));
    }
  }

  /** Every event workflow with its end. */
  async verdicts(): Promise<EventVerdict[]> {
    const verdicts: EventVerdict[] = [];
    for await (const { workflowId, runId, status, startTime, closeTime } of this.client.workflow.list({
      query: `WorkflowType = '${EVENT_WORKFLOW}'`,
    })) {
      const times = { startedAt: startTime.getTime(), endedAt: (closeTime ?? new Date()).getTime() };
      verdicts.push({ workflowId, ...times, status: status.name, ...(await this.end(workflowId, runId)) });
    }
    return verdicts;
  }

  /** See {@link passWaiters}. */
  passWaiters(): Promise<PassWaiters> {
    return passWaiters(this.client);
  }

  /** See {@link passPlans}. */
  passPlans(): Promise<PassPlans> {
    return passPlans(this.client);
  }

  /** Waits until no workflow of these types runs. @returns those that still do after the bound. */
  async ended(types: readonly string[], withinMs: number): Promise<string[]> {
    const query = `WorkflowType IN (${types.map((type) => `'${type}'`).join(', ')}) AND ExecutionStatus = 'Running'`;
    for (const began = Date.now(); ; await sleep(LONGEST_PAUSE_MS)) {
      const open: string[] = [];
      for await (const { workflowId } of this.client.workflow.list({ query })) open.push(workflowId);
      if (open.length === 0 || Date.now() > began + withinMs) return open;
    }
  }

  close(): Promise<void> {
    return this.connection.close();
  }

  private async end(workflowId: string, runId: string): Promise<Pick<EventVerdict, 'result' | 'code' | 'message'>> {
    try {
      const handle = this.client.workflow.getHandle(workflowId, runId);
      return { result: (await this.client.withDeadline(Date.now() + 10_000, () => handle.result())) as EventResult };
    } catch (error) {
      const cause = error instanceof WorkflowFailedError ? error.cause : error;
      if (!(cause instanceof ApplicationFailure)) return { result: undefined, message: String(cause) };
      return { result: cause.details?.[0] as EventResult | undefined, code: cause.type ?? '', message: cause.message };
    }
  }

  private async openEvents(): Promise<string[]> {
    const open: string[] = [];
    for await (const { workflowId } of this.client.workflow.list({
      query: `WorkflowType = '${EVENT_WORKFLOW}' AND ExecutionStatus = 'Running'`,
    })) {
      open.push(`${workflowId}: ${await this.ask<string>(workflowId, QUERIES.status)}`);
    }
    return open;
  }

  private async busyCoordinators(): Promise<string[]> {
    const busy: string[] = [];
    for await (const { workflowId } of this.client.workflow.list({
      query: `WorkflowId STARTS_WITH 'device:' AND ExecutionStatus = 'Running'`,
    })) {
      const state = await this.ask<CoordinatorState | string>(workflowId, QUERIES.state);
      if (typeof state === 'string') busy.push(`${workflowId}: ${state}`);
      else if (state.running !== undefined || state.pending.length > 0)
        busy.push(
          `${workflowId}: ${JSON.stringify({ running: state.running, pending: state.pending, deviceError: state.deviceError })}`,
        );
    }
    return busy;
  }

  private async ask<T>(workflowId: string, query: string): Promise<T | string> {
    try {
      return await this.client.withDeadline(Date.now() + 5_000, () =>
        this.client.workflow.getHandle(workflowId).query<T>(query),
      );
    } catch (error) {
      return `does not answer queries: ${error instanceof Error ? error.message : String(error)}`;
    }
  }
}
