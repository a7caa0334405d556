import type { ErrorReport } from '../../domain/errors';
import type { DeviceId } from '../../domain/values/device';
import type { Activities, PassInput, PassResult } from '../../protocol/activities';
import type { CoordinatorSettings } from '../../protocol/coordinator';
import type { DeviceQueue } from './deviceQueue';
import type { OpenRemovalsByPort } from './openRemovals';

/** The steps of a batch, as the workflow carries them out (activities). */
export interface CoordinatorSteps extends Pick<
  Activities,
  'coordinatorSettings' | 'gatherVmMacs' | 'fetchServerIps' | 'filterByVlan' | 'notifyWaiters' | 'dropParked'
> {
  /** Runs the pass over the device by the activity of this name. */
  runPass(input: PassInput, activity: string): Promise<PassResult>;
}

/** What the coordinator needs from the workflow it runs in. */
export interface CoordinatorHost {
  readonly steps: CoordinatorSteps;
  /** Unix milliseconds, replay-safe. */
  readonly now: () => number;
  /** Turns a failed step into a report; rethrows what is not a failure of the step (cancellation). */
  readonly reportFailure: (error: unknown) => ErrorReport;
  /** Shows the state where operators look (the workflow's details). */
  readonly show: (details: string) => void;
  /** Ends the present workflow task: what was read so far is stored in a request of its own. */
  readonly nextTask: () => Promise<void>;
  readonly log: (message: string, fields: Record<string, unknown>) => void;
}

/** What the steps of one batch work with. */
export interface BatchRun {
  readonly device: DeviceId;
  /** Which batch of the coordinator it is, from 1. */
  readonly number: number;
  /** Of this batch: the next one may have others. */
  readonly settings: CoordinatorSettings;
  readonly host: CoordinatorHost;
  readonly queue: DeviceQueue;
  readonly openRemovals: OpenRemovalsByPort;
  /** Says which step begins, and for which ports. */
  readonly begin: (step: string) => void;
}
