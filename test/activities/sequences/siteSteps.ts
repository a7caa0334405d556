import { ApplicationFailure } from '@temporalio/common';
import { createActivities, createPasses } from '../../../src/activities';
import type { ActivityDependencies } from '../../../src/activities/dependencies';
import { isErrorCode, PortwardenError, reportError, type ErrorCode } from '../../../src/domain/errors';
import type { DeviceId } from '../../../src/domain/values/device';
import type { PassInput } from '../../../src/protocol/activities';
import type { ChangePolicyInput } from '../../../src/protocol/policies';
import { activityEnvironment } from '../inActivity';
import type { Judge } from './judge';

/** Runs steps as workers and workflows do. */
export class StepRunner {
  private policyChanges = 0;
  private readonly environment = activityEnvironment({ workflowExecution: { workflowId: 'device', runId: 'run' } });

  constructor(private readonly judge: Judge) {}

  /** @returns false when it failed in a way that may pass; it is tried again later then. */
  async attempt(work: () => Promise<unknown>): Promise<boolean> {
    try {
      await work();
      return true;
    } catch (error) {
      const { retryable, code, message } = reportError(error);
      if (code === 'internal') throw error;
      if (!retryable) this.judge.note(`refused: ${code} ${message}`);
      return !retryable;
    }
  }

  /** Every change of a policy is a workflow of its own. */
  environmentOf(change: ChangePolicyInput): ReturnType<typeof activityEnvironment> {
    this.policyChanges += 1;
    return activityEnvironment({
      workflowExecution: { workflowId: `policy-${change.change}-${this.policyChanges}`, runId: 'run' },
    });
  }

  async unlessRefused<Input>(activity: (input: Input) => Promise<unknown>, input: Input): Promise<void> {
    try {
      await this.run(activity, input);
    } catch (error) {
      if (reportError(error).code !== 'virtual-mac-refused') throw error;
    }
  }

  /** Runs an activity as a worker does. @throws PortwardenError what the workflow would see. */
  async run<Input, Result>(activity: (input: Input) => Promise<Result>, input: Input): Promise<Result> {
    try {
      return await this.environment.run(activity, input);
    } catch (error) {
      if (!(error instanceof ApplicationFailure) || !isErrorCode(error.type ?? '')) throw error;
      if (error.type === 'internal') this.judge.note(`a step failed: ${error.message}`);
      throw new PortwardenError(error.type as ErrorCode, error.message);
    }
  }
}

/** The product's activities, as steps of events and coordinators. Every pass is judged. */
export function stepsOver(deps: ActivityDependencies, runner: StepRunner, judge: Judge) {
  const quick = createActivities(deps);
  const { commitToSwitch: pass } = createPasses(deps);
  if (pass === undefined) throw new Error('there is no pass');
  const run =
    <Input, Result>(activity: (input: Input) => Promise<Result>) =>
    (input: Input): Promise<Result> =>
      runner.run(activity, input);
  const runPass = async (input: PassInput): ReturnType<typeof pass> => {
    judge.began(input);
    const result = await runner.run(pass, input);
    judge.ended(input, result);
    return result;
  };
  return {
    quick,
    ofEvents: {
      fetchServerIps: run(quick.fetchServerIps),
      findProxmoxNode: run(quick.findProxmoxNode),
      enlist: run(quick.enlist),
    },
    ofCoordinator: (device: DeviceId) => ({
      fetchServerIps: run(quick.fetchServerIps),
      filterByVlan: run(quick.filterByVlan),
      notifyWaiters: run(quick.notifyWaiters),
      dropParked: run(quick.dropParked),
      gatherVmMacs: run(quick.gatherVmMacs),
      runPass,
      coordinatorSettings: () =>
        runner.run(quick.coordinatorSettings, {
          device,
          observed: {
            at: Date.now(),
            historyLength: 10,
            continueAsNewSuggested: false,
            signals: 0,
            isTimeOver: false,
          },
        }),
    }),
  };
}
