import type { Client } from '@temporalio/client';
import type { DeviceId } from '../domain/values/device';
import type { PortName } from '../domain/values/port';
import type { CoordinatorInput, CoordinatorState } from '../protocol/coordinator';
import { ATTRIBUTE, COORDINATOR_WORKFLOW, coordinatorWorkflowId, QUERIES, SIGNALS } from '../protocol/names';
import type { EnlistRequest } from '../protocol/requests';
import { found, reaching } from './client';
import {
  runningCoordinators,
  surveyCoordinators,
  type CoordinatorRun,
  type CoordinatorSurvey,
  type SurveyLimits,
} from './coordinatorSurvey';
import { Semaphore } from '../primitives/concurrency';
import { GroupCommit } from './groupCommit';

/** Brings requests to a device's coordinator, starting it when it does not run. */
export interface Enlister {
  /** Resolves once the request is durable. @throws PortwardenError `temporal-unavailable`. */
  enlist(device: DeviceId, request: EnlistRequest): Promise<void>;
  /** The same for many ports at once, so that the coordinator has them in its next batch. @throws PortwardenError `temporal-unavailable`. */
  enlistAll(device: DeviceId, requests: readonly EnlistRequest[]): Promise<void>;
}

/** What operators say to the coordinator of a device. @throws PortwardenError `temporal-unavailable`. */
export interface OperatedCoordinators {
  /** The coordinator's state; undefined when none runs, because nothing waits. */
  state(device: DeviceId): Promise<CoordinatorState | undefined>;
  /** Ends every back-off. @returns false when no coordinator runs: nothing waits. */
  retryNow(device: DeviceId): Promise<boolean>;
}

const ANSWER_MS = 10_000;
const TOLD_AT_ONCE = 16;
const MOST_IN_ONE_SIGNAL = 200;
/** Keeps a signal below Temporal's payload limits, whatever the requests name. */
const MOST_ADDRESSES_IN_ONE_SIGNAL = 5_000;
/** Within a scrape of the metrics. */
const STATES_WITHIN: SurveyLimits = { altogetherMs: 1_800, eachMs: 900 };

/**
 * The coordinators of all devices, as everything outside of workflow code meets them. Whoever starts one decides nothing
 * by it: a coordinator gets its settings from its worker.
 */
export class Coordinators implements Enlister, OperatedCoordinators {
  private readonly requests: GroupCommit<DeviceId, EnlistRequest>;

  constructor(
    private readonly client: Client,
    private readonly taskQueue: string,
  ) {
    this.requests = new GroupCommit((device, requests) => this.start(device, 'enlist', requests), groupSize);
  }

  enlist(device: DeviceId, request: EnlistRequest): Promise<void> {
    return this.requests.add(device, request);
  }

  async enlistAll(device: DeviceId, requests: readonly EnlistRequest[]): Promise<void> {
    for (let rest = requests; rest.length > 0;) {
      const size = groupSize(rest);
      await this.start(device, 'enlist', rest.slice(0, size));
      rest = rest.slice(size);
    }
  }

  retryNow(device: DeviceId): Promise<boolean> {
    return this.signal(device, 'retryNow');
  }

  /** Lets whatever is parked on a port go ahead. It stays parked when its coordinator ends, so that one is started. */
  approve(device: DeviceId, port: PortName): Promise<void> {
    return this.start(device, 'approve', port);
  }

  async state(device: DeviceId): Promise<CoordinatorState | undefined> {
    const handle = this.client.workflow.getHandle(coordinatorWorkflowId(device));
    const description = await found(() => this.bounded(() => handle.describe()));
    if (description?.status.name !== 'RUNNING') return undefined;
    return found(() => this.bounded(() => handle.query<CoordinatorState>(QUERIES.state)));
  }

  /** Asks all running coordinators for their states. @throws PortwardenError `temporal-unavailable` when they cannot be listed. */
  survey(limits: SurveyLimits): Promise<CoordinatorSurvey> {
    return reaching(() => surveyCoordinators(this.client, limits));
  }

  /** The states alone, of those that answer within two seconds. */
  async states(): Promise<readonly CoordinatorState[]> {
    return (await this.survey(STATES_WITHIN)).states;
  }

  /**
   * Tells the running coordinators of some devices that people paused or resumed something. Where none runs nothing waits.
   * @throws PortwardenError `temporal-unavailable` when they cannot be listed or told; they see it by themselves a little later.
   */
  async pausesChanged(isConcerned: (device: DeviceId) => boolean): Promise<void> {
    const devices = (await reaching(() => runningCoordinators(this.client, ANSWER_MS))).filter(isConcerned);
    const limiter = new Semaphore(TOLD_AT_ONCE);
    await Promise.all(devices.map((device) => limiter.run(() => this.signal(device, 'pausesChanged'))));
  }

  /** Whether a run ended, for whatever reason. */
  async hasEnded({ workflowId, runId }: CoordinatorRun): Promise<boolean> {
    const handle = this.client.workflow.getHandle(workflowId, runId);
    const description = await found(() => this.bounded(() => handle.describe()));
    return description?.status.name !== 'RUNNING';
  }

  /** The one place where coordinators are started: with the signal that gives them something to do. */
  private async start(device: DeviceId, signal: 'enlist' | 'approve', ...args: readonly unknown[]): Promise<void> {
    const input: CoordinatorInput = { device };
    await this.bounded(() =>
      this.client.workflow.signalWithStart(COORDINATOR_WORKFLOW, {
        workflowId: coordinatorWorkflowId(device),
        taskQueue: this.taskQueue,
        args: [input],
        signal: SIGNALS[signal],
        signalArgs: [...args],
        priority: { priorityKey: 1 },
        staticSummary: `Coordinator of ${device}`,
        typedSearchAttributes: [{ key: ATTRIBUTE.device, value: device }],
      }),
    );
  }

  private async signal(device: DeviceId, signal: 'pausesChanged' | 'retryNow'): Promise<boolean> {
    const handle = this.client.workflow.getHandle(coordinatorWorkflowId(device));
    const sent = await found(() => this.bounded(() => handle.signal(SIGNALS[signal]).then(() => true)));
    return sent ?? false;
  }

  private bounded<T>(call: () => Promise<T>): Promise<T> {
    return reaching(() => this.client.withDeadline(Date.now() + ANSWER_MS, call));
  }
}

/** How many of the waiting requests go out together; at least one. */
function groupSize(requests: readonly EnlistRequest[]): number {
  let addresses = 0;
  const end = requests.findIndex(({ explainedIps, approvedStatements = [] }, index) => {
    addresses += explainedIps.length + approvedStatements.length;
    return index > 0 && (index >= MOST_IN_ONE_SIGNAL || addresses > MOST_ADDRESSES_IN_ONE_SIGNAL);
  });
  return end === -1 ? requests.length : end;
}
