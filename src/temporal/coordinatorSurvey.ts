import {
  isGrpcServiceError,
  QueryNotRegisteredError,
  WorkflowNotFoundError,
  type Client,
  type WorkflowHandle,
} from '@temporalio/client';
import { deviceOfCoordinator, COORDINATOR_WORKFLOW, QUERIES } from '../protocol/names';
import type { DeviceId } from '../domain/values/device';
import type { CoordinatorState } from '../protocol/coordinator';

/** One run of a coordinator. */
export interface CoordinatorRun {
  readonly workflowId: string;
  readonly runId: string;
}

/** A coordinator that cannot go on by itself: each try of its next step fails before it begins. */
export interface StuckCoordinator extends CoordinatorRun {
  readonly device: DeviceId;
  /** In the words of the worker or the server, such as `[TMPRL1100] Nondeterminism error: …`. */
  readonly cause: string;
}

/** How long a survey may take, in milliseconds. */
export interface SurveyLimits {
  readonly altogetherMs: number;
  readonly eachMs: number;
}

/** What the running coordinators answered. One that did not answer in time is in neither list. */
export interface CoordinatorSurvey {
  readonly states: readonly CoordinatorState[];
  readonly stuck: readonly StuckCoordinator[];
}

const MOST_COORDINATORS = 500;
const AT_ONCE = 8;
/** Tries of one step from which on it is not a worker that died meanwhile. */
const TRIES_OF_A_STUCK_ONE = 3;
const LONGEST_CAUSE = 400;
/** Status of a query to a workflow whose last workflow task failed: `Unable to query workflow due to Workflow Task in failed state`. */
const FAILED_PRECONDITION = 9;

/**
 * Asks the running coordinators for their states.
 * @throws what the client throws when they cannot be listed.
 */
export async function surveyCoordinators(client: Client, limits: SurveyLimits): Promise<CoordinatorSurvey> {
  const deadline = Date.now() + limits.altogetherMs;
  const waiting: WorkflowHandle[] = [];
  const query = `WorkflowType = "${COORDINATOR_WORKFLOW}" AND ExecutionStatus = "Running"`;
  await client.withDeadline(deadline, async () => {
    for await (const { workflowId, runId } of client.workflow.list({ query, pageSize: MOST_COORDINATORS })) {
      waiting.push(client.workflow.getHandle(workflowId, runId));
      if (waiting.length >= MOST_COORDINATORS) break;
    }
  });
  const states: CoordinatorState[] = [];
  const stuck: StuckCoordinator[] = [];
  const askNext = async (): Promise<void> => {
    for (let handle = waiting.shift(); handle !== undefined && Date.now() < deadline; handle = waiting.shift()) {
      const coordinator = handle;
      const until = (): number => Math.min(deadline, Date.now() + limits.eachMs);
      try {
        states.push(await client.withDeadline(until(), () => coordinator.query<CoordinatorState>(QUERIES.state)));
      } catch (error) {
        const found = await client
          .withDeadline(until(), () => judge(client, coordinator, error))
          .catch(() => undefined);
        if (found !== undefined) stuck.push(found);
      }
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, askNext));
  return { states: sorted(states), stuck: sorted(stuck) };
}

function sorted<T extends { readonly device: DeviceId }>(items: readonly T[]): readonly T[] {
  return [...items].sort((a, b) => a.device.localeCompare(b.device));
}

/** Tells a coordinator that cannot go on from one that has just ended, is busy or has no worker. */
async function judge(client: Client, handle: WorkflowHandle, error: unknown): Promise<StuckCoordinator | undefined> {
  if (error instanceof WorkflowNotFoundError) return undefined;
  const { workflowId, runId, status, raw } = await handle.describe();
  const device = deviceOfCoordinator(workflowId);
  if (status.name !== 'RUNNING' || device === undefined) return undefined;
  const stuck = (cause: string): StuckCoordinator => ({
    device,
    workflowId,
    runId,
    cause: cause.replace(/\s+/g, ' ').slice(0, LONGEST_CAUSE),
  });
  if (error instanceof QueryNotRegisteredError) return stuck(error.message);
  const tries = raw.pendingWorkflowTask?.attempt ?? 0;
  if (tries < TRIES_OF_A_STUCK_ONE && !isRefusedForFailure(error)) return undefined;
  return stuck(
    (await lastFailure(client, workflowId, runId)) ?? 'its workflow task is tried again and again without success',
  );
}

function isRefusedForFailure(error: unknown): boolean {
  const cause = error instanceof Error ? error.cause : undefined;
  return isGrpcServiceError(cause) && cause.code.valueOf() === FAILED_PRECONDITION;
}

/** Why the workflow task failed, as the newest such event of the history says. */
async function lastFailure(client: Client, workflowId: string, runId: string): Promise<string | undefined> {
  const { history } = await client.workflowService.getWorkflowExecutionHistoryReverse({
    namespace: client.options.namespace,
    execution: { workflowId, runId },
    maximumPageSize: 20,
  });
  const failed = history?.events?.find((event) => Boolean(event.workflowTaskFailedEventAttributes));
  return failed?.workflowTaskFailedEventAttributes?.failure?.message ?? undefined;
}
