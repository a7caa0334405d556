import { randomInt } from 'node:crypto';
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

/** How long a survey may take, in milliseconds, and how much of it. */
export interface SurveyLimits {
  readonly altogetherMs: number;
  readonly eachMs: number;
  /** How many coordinators are listed. Default 500. */
  readonly most?: number;
}

/** What the running coordinators answered. */
export interface CoordinatorSurvey {
  readonly states: readonly CoordinatorState[];
  readonly stuck: readonly StuckCoordinator[];
  /** Devices whose coordinator was listed as running and did not answer in time: it is busy, has just ended, or was not asked. */
  readonly silent: readonly DeviceId[];
  /** Of the silent ones, how many the time was too short to ask. */
  readonly unasked: number;
  /** False: more run than were listed, and of the others nothing is known. */
  readonly areAllListed: boolean;
}

const RUNNING = `WorkflowType = "${COORDINATOR_WORKFLOW}" AND ExecutionStatus = "Running"`;
const MOST_COORDINATORS = 500;
const PAGE = 500;
const AT_ONCE = 8;
/** Tries of one step from which on it is not a worker that died meanwhile. */
const TRIES_OF_A_STUCK_ONE = 3;
const LONGEST_CAUSE = 400;
/** Status of a query to a workflow whose last workflow task failed: `Unable to query workflow due to Workflow Task in failed state`. */
const FAILED_PRECONDITION = 9;

/**
 * Asks the running coordinators for their states. Where there are more than can be asked in time, it is others the next time.
 * @throws what the client throws when they cannot be listed.
 */
export async function surveyCoordinators(client: Client, limits: SurveyLimits): Promise<CoordinatorSurvey> {
  const deadline = Date.now() + limits.altogetherMs;
  const { most = MOST_COORDINATORS } = limits;
  const listed: WorkflowHandle[] = [];
  let areAllListed = true;
  await client.withDeadline(deadline, async () => {
    for await (const { workflowId, runId } of client.workflow.list({ query: RUNNING, pageSize: PAGE })) {
      areAllListed = listed.length < most;
      if (!areAllListed) break;
      listed.push(client.workflow.getHandle(workflowId, runId));
    }
  });
  const states: CoordinatorState[] = [];
  const stuck: StuckCoordinator[] = [];
  const first = listed.length === 0 ? 0 : randomInt(listed.length);
  const waiting = [...listed.slice(first), ...listed.slice(0, first)];
  const askNext = async (): Promise<void> => {
    while (Date.now() < deadline) {
      const coordinator = waiting.shift();
      if (coordinator === undefined) return;
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
  const heard = new Set([...states, ...stuck].map(({ device }) => device));
  const silent = listed.flatMap(({ workflowId }) => deviceOfCoordinator(workflowId) ?? []);
  return {
    states: sorted(states),
    stuck: sorted(stuck),
    silent: silent.filter((device) => !heard.has(device)).sort(),
    unasked: waiting.length,
    areAllListed,
  };
}

/** The devices whose coordinators run. @param withinMs the longest wait. @throws what the client throws. */
export async function runningCoordinators(client: Client, withinMs: number): Promise<readonly DeviceId[]> {
  const devices: DeviceId[] = [];
  await client.withDeadline(Date.now() + withinMs, async () => {
    for await (const { workflowId } of client.workflow.list({ query: RUNNING })) {
      const device = deviceOfCoordinator(workflowId);
      if (device !== undefined) devices.push(device);
    }
  });
  return devices;
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
