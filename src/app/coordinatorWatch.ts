import type { DeviceId } from '../domain/values/device';
import { parsePortName } from '../domain/values/port';
import { RepeatedWork } from '../primitives/repeatedWork';
import type { CoordinatorState } from '../protocol/coordinator';
import type { Coordinators } from '../temporal/coordinators';
import type { StuckCoordinator } from '../temporal/coordinatorSurvey';
import type { WaitingEvents } from '../temporal/waitingEvents';
import type { Log } from '../telemetry/log';
import { messageOf } from '../primitives/systemError';

/** How the coordinators are watched. */
export interface CoordinatorWatchOptions {
  readonly coordinators: Pick<Coordinators, 'survey' | 'hasEnded'>;
  readonly waiting: Pick<WaitingEvents, 'of' | 'reportProgress'>;
  readonly log: Log;
  /** Told what the coordinators say at each look. */
  readonly surveyed?: (states: readonly CoordinatorState[]) => void;
  /** From the end of one look to the next, in milliseconds. Default 15,000. */
  readonly everyMs?: number;
}

const EVERY_MS = 15_000;
const LIMITS = { altogetherMs: 12_000, eachMs: 1_500 } as const;
const LIST_MS = 5_000;
/** The SDK's code of a history that the code does not fit. Anything else must be seen twice: a worker may just have died. */
const CERTAIN = /TMPRL1100/;

interface Trouble {
  readonly coordinator: StuckCoordinator;
  /** Events that it was reported to. */
  readonly informed: Set<string>;
}

/**
 * Looks at the running coordinators again and again, and notices those that cannot go on: after an upgrade whose code
 * does not fit their history they take requests and do nothing, in silence. Each gets one log line, and every event that
 * waits for it is notified.
 */
export class CoordinatorWatch {
  private readonly troubles = new Map<DeviceId, Trouble>();
  /** Runs that did not answer at the last look, for a reason that may pass. */
  private suspects: ReadonlySet<string> = new Set();
  private readonly repeated: RepeatedWork;

  constructor(private readonly options: CoordinatorWatchOptions) {
    this.repeated = new RepeatedWork(() => this.look(), options.everyMs ?? EVERY_MS);
  }

  /** The coordinators that could not go on when they were looked at last. */
  get stuck(): readonly StuckCoordinator[] {
    return [...this.troubles.values()].map(({ coordinator }) => coordinator);
  }

  /** Ends the watch, after the look that is under way. */
  stop(): Promise<void> {
    return this.repeated.stop();
  }

  /** Never throws: while Temporal is away nothing is known, and what was known stays. */
  private async look(): Promise<void> {
    const { coordinators, log } = this.options;
    try {
      const { states, stuck } = await coordinators.survey(LIMITS);
      this.options.surveyed?.(states);
      for (const { device } of states) this.recovered(device);
      for (const coordinator of stuck) {
        if (CERTAIN.test(coordinator.cause) || this.suspects.has(coordinator.runId)) this.noticed(coordinator);
      }
      this.suspects = new Set(stuck.map(({ runId }) => runId));
      for (const trouble of this.troubles.values()) {
        if (await coordinators.hasEnded(trouble.coordinator)) this.recovered(trouble.coordinator.device);
        else await this.report(trouble);
      }
    } catch (error) {
      log.debug({ reason: messageOf(error) }, 'the coordinators could not be looked at');
    }
  }

  private noticed(coordinator: StuckCoordinator): void {
    const { device, workflowId, runId, cause } = coordinator;
    const known = this.troubles.get(device);
    if (known?.coordinator.runId === runId) return;
    this.troubles.set(device, { coordinator, informed: new Set() });
    this.options.log.error(
      { device, workflowId, runId, cause },
      'a coordinator cannot go on; nothing is changed on its device until it is reset: docs/operations.md, "A workflow that cannot go on"',
    );
  }

  private recovered(device: DeviceId): void {
    if (this.troubles.delete(device)) this.options.log.info({ device }, 'the coordinator goes on again');
  }

  private async report({ coordinator, informed }: Trouble): Promise<void> {
    const { waiting } = this.options;
    const { device, workflowId, cause } = coordinator;
    const message =
      `${workflowId} cannot go on (${cause}). It has to be reset by a person: docs/operations.md, "A workflow that cannot go on". ` +
      'Nothing is lost, this event goes on afterwards.';
    for (const event of await waiting.of(device, LIST_MS)) {
      if (informed.has(event.workflowId)) continue;
      informed.add(event.workflowId);
      await waiting
        .reportProgress(event.workflowId, { device, port: parsePortName(event.port), message })
        .catch(() => informed.delete(event.workflowId));
    }
  }
}
