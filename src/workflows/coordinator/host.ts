import type { ErrorReport } from '../../domain/errors';
import type { DeviceId } from '../../domain/values/device';
import type { NodeInventory } from '../../domain/servers/server';
import type { Activities, GatherVmMacsInput, ObservedSettings, PassInput, PassResult } from '../../protocol/activities';
import type { CoordinatorSettings } from '../../protocol/coordinator';
import type { Observed } from '../../protocol/observed';
import type { Said } from './coordinator';
import type { DeviceQueue } from './deviceQueue';
import type { Inbox } from './inbox';
import type { OpenRemovalsByPort } from './openRemovals';
import type { RecordedClock } from './recordedClock';

/** The steps of a batch, as the workflow carries them out (activities). */
export interface CoordinatorSteps extends Pick<
  Activities,
  'fetchServerIps' | 'filterByVlan' | 'notifyWaiters' | 'dropParked'
> {
  /** Records what the workflow sees now, and gets the settings of the next batch. */
  coordinatorSettings(
    input: { readonly device: DeviceId } & Pick<Observed, 'signals' | 'isTimeOver'>,
  ): Promise<ObservedSettings>;
  /** Reads the guests of a node. @param slowly called when that takes longer, or more attempts, than a quick step has. */
  gatherVmMacs(input: GatherVmMacsInput, slowly: () => void): Promise<NodeInventory>;
  /** Runs the pass over the device by the activity of this name. */
  runPass(input: PassInput, activity: string): Promise<PassResult>;
}

/** What the coordinator needs from the workflow it runs in. */
export interface CoordinatorHost {
  readonly steps: CoordinatorSteps;
  /** Signals that were not taken in yet. */
  readonly inbox: Inbox<Said>;
  /** When the run started, in Unix milliseconds. */
  readonly startedAt: number;
  /** The time for texts and metrics, in Unix milliseconds. It is not the same in a replay: nothing is decided by it. */
  readonly shownNow: () => number;
  /** Turns a failed step into a report; rethrows what is not a failure of the step (cancellation). */
  readonly reportFailure: (error: unknown) => ErrorReport;
  /** Whether a pass that failed was cut off with its worker. */
  readonly isCutOff: (error: unknown) => boolean;
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
  /** The time of this batch: when it began, or when {@link BatchRun.observe} was called last. */
  readonly clock: RecordedClock;
  /** Lets the clock know the present time. One event of history. */
  readonly observe: () => Promise<unknown>;
  readonly queue: DeviceQueue;
  readonly openRemovals: OpenRemovalsByPort;
  /** Says which step begins, and for which ports. */
  readonly begin: (step: string) => void;
}
