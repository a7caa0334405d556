import type { Client } from '@temporalio/client';
import { COORDINATOR_WORKFLOW, QUERIES, type CoordinatorState } from '../workflows/contract';

const MOST_COORDINATORS = 500;
const AT_ONCE = 8;
const ALTOGETHER_MS = 1_800;

/**
 * The states of the running coordinators, for the figures. A coordinator that does not answer (it just ended, or no
 * worker runs) is left out; all of it takes less than two seconds. @throws what the client throws when the list cannot be read.
 */
export async function readCoordinatorStates(client: Client): Promise<readonly CoordinatorState[]> {
  const deadline = Date.now() + ALTOGETHER_MS;
  const ids: string[] = [];
  const query = `WorkflowType = "${COORDINATOR_WORKFLOW}" AND ExecutionStatus = "Running"`;
  await client.withDeadline(deadline, async () => {
    for await (const { workflowId } of client.workflow.list({ query, pageSize: MOST_COORDINATORS })) {
      ids.push(workflowId);
      if (ids.length >= MOST_COORDINATORS) break;
    }
  });
  const states: CoordinatorState[] = [];
  const askNext = async (): Promise<void> => {
    for (let id = ids.shift(); id !== undefined && Date.now() < deadline; id = ids.shift()) {
      const workflowId = id;
      try {
        states.push(await client.withDeadline(deadline, () => client.workflow.getHandle(workflowId).query<CoordinatorState>(QUERIES.state)));
      } catch {
        // A figure of one device is missing this time.
      }
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, askNext));
  return states.sort((a, b) => a.device.localeCompare(b.device));
}
