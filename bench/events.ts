import type { Client, WorkflowExecutionInfo } from '@temporalio/client';
import { fleetServerId, type FleetSize } from '../lab/scenarios/fleet';
import type { BareInput } from './bare/names';
import type { Started } from './parts/load';
import type { BenchSite } from './site';

/** Visibility answers ten questions a second, and others ask too. */
const LOOK_EVERY_MS = 250;

/** What Temporal recorded of workflows that have ended. */
export interface Ended {
  /** From the first start that was sent to the last end, in milliseconds. */
  readonly elapsedMs: number;
  /** From start to end, each, in milliseconds. */
  readonly tookMs: readonly number[];
  readonly historyEvents: readonly number[];
  readonly historyBytes: readonly number[];
}

/**
 * Waits until all workflows of a type that were started have ended.
 * @throws Error when they have not in time, or when one did not end well
 */
export async function allEnded(client: Client, type: string, started: Started, withinMs: number): Promise<Ended> {
  const since = `WorkflowType = '${type}' AND StartTime >= '${new Date(started.at).toISOString()}'`;
  const deadline = Date.now() + withinMs;
  const expected = started.ids.length;
  for (;;) {
    const { count } = await client.workflow.count(`${since} AND ExecutionStatus = 'Completed'`);
    if (count >= expected) break;
    if (Date.now() > deadline) throw new Error(`only ${count} of ${expected} workflows ${type} ended well in time`);
    await new Promise((resolve) => setTimeout(resolve, LOOK_EVERY_MS));
  }
  const ended: WorkflowExecutionInfo[] = [];
  for await (const one of client.workflow.list({ query: since })) ended.push(one);
  const closedAt = ended.map(({ startTime, closeTime }) => (closeTime ?? startTime).getTime());
  return {
    elapsedMs: Math.max(...closedAt) - started.at,
    tookMs: ended.map(({ startTime }, index) => (closedAt[index] ?? 0) - startTime.getTime()),
    historyEvents: ended.map(({ historyLength }) => historyLength),
    historyBytes: ended.map(({ historySize = 0 }) => historySize),
  };
}

/** Which server of a fleet, both counted from 0. */
export interface Place {
  readonly switchIndex: number;
  readonly serverIndex: number;
}

/** So many places of a fleet, switch by switch in turn. */
export function placesInTurn(count: number, { switches }: FleetSize): readonly Place[] {
  return Array.from({ length: count }, (_, n) => ({
    switchIndex: n % switches,
    serverIndex: Math.floor(n / switches),
  }));
}

/**
 * Gives the servers of these places a further address each, so that their events change something again, and says what their
 * events are.
 * @param round from 1; 0 is the address that each server has from the start
 */
export async function furtherAddresses(
  site: BenchSite,
  size: FleetSize,
  places: readonly Place[],
  round: number,
): Promise<readonly BareInput[]> {
  const serverIds = places.map(({ switchIndex, serverIndex }) => fleetServerId(size, switchIndex, serverIndex));
  if (round > 0) {
    await site.panel.ask(
      'assign',
      places.map(({ switchIndex, serverIndex: n }, index) => ({
        serverId: serverIds[index] ?? 0,
        ips: [`10.${switchIndex + 1}.${Math.floor(n / 250) + 40 * round}.${(n % 250) + 2}`],
      })),
    );
  }
  return serverIds.map((serverId) => ({ action: 'ip_assigned', serverId }));
}

/** How long the histories of some runs are. */
export interface Histories {
  readonly events: readonly number[];
  readonly bytes: readonly number[];
}

/** The histories of all runs of a workflow type, latest first; those that still run are asked themselves. @param workflowId of this one alone */
export async function historiesOf(client: Client, type: string, workflowId?: string): Promise<Histories> {
  const query = `WorkflowType = '${type}'${workflowId === undefined ? '' : ` AND WorkflowId = '${workflowId}'`}`;
  const runs: { readonly historyLength: number; readonly historySize?: number | undefined }[] = [];
  for await (const one of client.workflow.list({ query })) {
    // The list does not say it of a workflow that still runs.
    const isListed = one.historyLength > 0;
    runs.push(isListed ? one : await client.workflow.getHandle(one.workflowId, one.runId).describe());
  }
  return {
    events: runs.map(({ historyLength }) => historyLength),
    bytes: runs.map(({ historySize = 0 }) => historySize),
  };
}
