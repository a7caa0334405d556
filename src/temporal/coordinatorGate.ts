import { Client, Connection, WorkflowNotFoundError } from '@temporalio/client';
import { PortwardenError } from '../domain/errors';
import { coordinatorWorkflowId, ATTRIBUTE, COORDINATOR_WORKFLOW, QUERIES, SIGNALS } from '../protocol/names';
import type { DeviceId } from '../domain/values/port';
import type { TemporalSettings } from './settings';
import { temporalConnectionOptions } from './connection';
import type { CoordinatorInput, CoordinatorSettings, CoordinatorState } from '../protocol/coordinator';

/** An operator's word to a coordinator. */
export type OperatorSignal = 'pause' | 'resume' | 'retryNow' | 'approve' | 'reject';

/** Talks to the coordinators of devices. */
export interface CoordinatorGate {
  /** The coordinator's state; undefined when none runs, because nothing waits. */
  state(device: DeviceId): Promise<CoordinatorState | undefined>;
  /**
   * Signals the coordinator. `pause`, `approve` and `reject` start it when none runs: an idle one ends, what is
   * parked stays. @returns false when none runs and none was started.
   */
  signal(device: DeviceId, signal: OperatorSignal, args: readonly string[]): Promise<boolean>;
  close(): Promise<void>;
}

const STARTING: readonly OperatorSignal[] = ['pause', 'approve', 'reject'];
const CONNECT_MS = 5_000;
const ANSWER_MS = 15_000;

/** Connects to the configured Temporal server. @throws PortwardenError `temporal-unavailable`. */
export async function openCoordinatorGate(
  temporal: TemporalSettings,
  settings: CoordinatorSettings,
): Promise<CoordinatorGate> {
  if (temporal.address === undefined && temporal.port === 0) {
    throw new PortwardenError(
      'invalid-configuration',
      "temporal.port is 0, so the embedded server's port is not known here: set TEMPORAL_ADDRESS to what the service printed",
    );
  }
  const options = temporalConnectionOptions(temporal);
  const { namespace, taskQueue } = temporal;
  const connection = await reaching(options.address, () =>
    Connection.connect({ ...options, connectTimeout: CONNECT_MS }),
  );
  const client = new Client({ connection, namespace });
  const bounded = <T>(call: () => Promise<T>): Promise<T> =>
    reaching(options.address, () => connection.withDeadline(Date.now() + ANSWER_MS, call));

  return {
    async state(device) {
      try {
        const handle = client.workflow.getHandle(coordinatorWorkflowId(device));
        const description = await bounded(() => handle.describe());
        if (description.status.name !== 'RUNNING') return undefined;
        return await bounded(() => handle.query<CoordinatorState>(QUERIES.state));
      } catch (error) {
        if (error instanceof WorkflowNotFoundError) return undefined;
        throw error;
      }
    },
    async signal(device, signal, args) {
      const workflowId = coordinatorWorkflowId(device);
      if (STARTING.includes(signal)) {
        const input: CoordinatorInput = { device, settings };
        await bounded(() =>
          client.workflow.signalWithStart(COORDINATOR_WORKFLOW, {
            workflowId,
            taskQueue,
            args: [input],
            signal: SIGNALS[signal],
            signalArgs: [...args],
            priority: { priorityKey: 1 },
            staticSummary: `Coordinator of ${device}`,
            typedSearchAttributes: [{ key: ATTRIBUTE.device, value: device }],
          }),
        );
        return true;
      }
      try {
        await bounded(() => client.workflow.getHandle(workflowId).signal(SIGNALS[signal], ...args));
        return true;
      } catch (error) {
        if (error instanceof WorkflowNotFoundError) return false;
        throw error;
      }
    },
    close: () => connection.close(),
  };
}

/** Keeps "there is no such workflow"; everything else the client throws means that Temporal did not do it. */
async function reaching<T>(address: string, call: () => Promise<T>): Promise<T> {
  try {
    return await call();
  } catch (error) {
    if (error instanceof WorkflowNotFoundError || error instanceof PortwardenError) throw error;
    const message = error instanceof Error ? error.message : String(error);
    throw new PortwardenError('temporal-unavailable', `The Temporal server at ${address} did not do it: ${message}`, {
      cause: error,
    });
  }
}
